import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

/** Calls customers: people may answer, machines get a message. */
export function announcementApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { AnsweredBy: who } = request.body as { AnsweredBy: string };
    if (who === 'human') {
      const question = answer.gather({ numDigits: 1, action: '/confirmed' });
      question.say('Your bike is ready. Press 1.');
    } else {
      answer.say('Your bike is ready at the harbour.');
      answer.hangup();
    }
    response.type('text/xml').send(answer.toString());
  });

  app.post('/confirmed', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('Thank you.');
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

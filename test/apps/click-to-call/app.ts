import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

/** A button in the web calls the shop first, and then whoever pressed it. */
export function clickToCallApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('A customer.');
    const dial = answer.dial({ action: '/after', timeout: 10 });
    const { customer } = request.query as { customer: string };
    dial.number(customer);
    response.type('text/xml').send(answer.toString());
  });

  app.post('/moved', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('You were moved.');
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  app.post('/after', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

/** Asks whoever is called whether he wants the call. */
export function screeningApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    const dial = answer.dial({ timeout: 10, action: '/after' });
    dial.number({ url: '/screen' }, '+49 30 100');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/screen', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    const question = answer.gather({ numDigits: 1, timeout: 4, action: '/choice' });
    question.say('To take the call, press 1.');
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  app.post('/choice', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { Digits: digits } = request.body as { Digits: string };
    if (digits === '1') answer.say('Here you are.');
    else answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  app.post('/after', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { DialBridged: talked } = request.body as { DialBridged: string };
    if (talked !== 'true') answer.say('Nobody takes calls now.');
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

/** Callers wait for agents, hear where they stand, and may leave with 9. */
export function queueApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.enqueue({ waitUrl: '/wait', action: '/after' }, 'bikes');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/wait', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { QueuePosition: position } = request.body as { QueuePosition: string };
    const keys = answer.gather({ numDigits: 1, timeout: 5, action: '/key' });
    keys.say(`Number ${position}. Press 9 to leave.`);
    response.type('text/xml').send(answer.toString());
  });

  app.post('/key', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { Digits: digits } = request.body as { Digits: string };
    if (digits === '9') answer.leave();
    else answer.redirect('/wait');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/after', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { QueueResult: result } = request.body as { QueueResult: string };
    if (result === 'leave') answer.say('Good bye.');
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  app.post('/agent', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.dial({ action: '/served', timeout: 5 }).queue({ url: '/announce' }, 'bikes');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/announce', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('An agent.');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/served', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { DequeueResult: result } = request.body as { DequeueResult: string };
    if (result !== 'bridged') answer.say('Nobody waits.');
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

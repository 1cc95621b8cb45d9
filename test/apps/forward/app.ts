import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

/** Forwards calls; who takes one hears where it came from, and if nobody does there is a machine. */
export function forwardApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { From: from } = request.body as { From: string };
    const number = from.startsWith('sip:late@') ? '+4930300' : '+4930200';
    const dial = answer.dial({ timeout: 3, action: '/after', method: 'GET' });
    dial.number({ url: '/whisper?shop=harbour', method: 'GET' }, number);
    response.type('text/xml').send(answer.toString());
  });

  app.get('/whisper', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { shop } = request.query as { shop: string };
    answer.say(`A call for ${shop}.`);
    response.type('text/xml').send(answer.toString());
  });

  app.get('/after', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { DialCallStatus: status } = request.query;
    if (status === 'completed') {
      answer.hangup();
    } else {
      answer.say('Please leave a message.');
      answer.record({ action: '/message', timeout: 2, maxLength: 5 });
    }
    response.type('text/xml').send(answer.toString());
  });

  app.post('/message', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

import express, { type Express } from 'express';
import { twiml } from 'twilio';

type Answer = InstanceType<typeof twiml.VoiceResponse>;

/** Somebody who is called: a document says what he does. */
export function callee(does: (answer: Answer) => void): () => Express {
  return () => {
    const app = express();
    app.post('/voice', (_request, response) => {
      const answer = new twiml.VoiceResponse();
      does(answer);
      response.type('text/xml').send(answer.toString());
    });
    return app;
  };
}

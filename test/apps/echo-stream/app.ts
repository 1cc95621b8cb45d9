import type { Server } from 'node:http';
import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';
import { WebSocketServer } from 'ws';

/** Streams a call to where it listens itself; ends at #. */
export function echoStreamApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('Please speak after this.');
    const stream = answer
      .connect({ action: '/after' })
      .stream({ url: `ws://${request.headers.host ?? ''}/audio` });
    stream.parameter({ name: 'shop', value: 'harbour' });
    response.type('text/xml').send(answer.toString());
  });

  app.post('/after', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('Good bye.');
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

/** Takes the streams of calls at the app's server; gives what they told, each kind of message once in a row. */
export function echoAudio(server: Server): readonly string[] {
  const seen: string[] = [];
  new WebSocketServer({ server, path: '/audio' }).on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as Message;
      const { event, streamSid } = message;
      if (seen.at(-1) !== event) seen.push(event);
      if (event === 'media') {
        const { payload } = message.media;
        socket.send(JSON.stringify({ event, streamSid, media: { payload } }));
      } else if (event === 'dtmf' && message.dtmf.digit === '#') {
        socket.close();
      }
    });
  });
  return seen;
}

type Message = { readonly streamSid: string } & (
  | { readonly event: 'media'; readonly media: { readonly payload: string } }
  | { readonly event: 'dtmf'; readonly dtmf: { readonly digit: string } }
  | { readonly event: 'connected' | 'start' | 'mark' | 'stop' }
);

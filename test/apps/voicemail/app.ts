import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

/** Takes a message, and asks for its text, which nobody here writes. */
export function voicemailApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('Nobody is in. Please speak, then press pound.');
    answer.record({
      maxLength: 20,
      timeout: 3,
      finishOnKey: '#',
      transcribe: true,
      transcribeCallback: '/text',
      action: '/message',
      recordingStatusCallback: '/recording',
    });
    answer.say('We have heard nothing.');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/message', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { RecordingDuration: duration } = request.body as { RecordingDuration: string };
    answer.say(`Thank you for ${duration} seconds.`);
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  app.post('/recording', (_request, response) => {
    response.sendStatus(204);
  });

  app.post('/text', (_request, response) => {
    response.sendStatus(204);
  });

  return app;
}

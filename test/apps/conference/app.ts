import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

/** A meeting that begins with its moderator; who comes before hears music. */
export function conferenceApp(authToken?: string): Express {
  const app = express();
  // Whoever plays it has no secret to prove who he is.
  app.get('/music.wav', (_request, response) => {
    response.type('audio/wav').send(tone(440, 2));
  });

  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));
  const there = new Set<string>();

  app.post('/voice', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { From: from } = request.body as { From: string };
    const moderates = from.startsWith('sip:moderator@');
    answer.dial({ action: '/after' }).conference(
      {
        startConferenceOnEnter: moderates,
        endConferenceOnExit: moderates,
        participantLabel: moderates ? 'moderator' : 'guest',
        beep: 'false',
        waitUrl: '/wait',
        waitMethod: 'GET',
        statusCallback: '/status',
        statusCallbackEvent: ['start', 'end', 'join', 'leave'],
      },
      'planning',
    );
    response.type('text/xml').send(answer.toString());
  });

  app.get('/wait', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('Please wait for the moderator.');
    answer.play('/music.wav');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/status', (request, response) => {
    const { StatusCallbackEvent: event, CallSid: call } = request.body as Record<string, string>;
    if (event === 'participant-join') there.add(call ?? '');
    if (event === 'participant-leave') there.delete(call ?? '');
    response.sendStatus(204);
  });

  app.post('/after', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say(there.size === 0 ? 'The meeting is over.' : 'Good bye.');
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

/** A WAV file of so many seconds: 16 bits, 8 kHz. */
function tone(frequency: number, duration: number): Buffer {
  const samples = Int16Array.from({ length: 8_000 * duration }, (_, at) =>
    Math.round(4_000 * Math.sin((2 * Math.PI * frequency * at) / 8_000)),
  );
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, 8_000],
    [28, 16_000],
    [40, samples.byteLength],
  ] as const) {
    header.writeUInt32LE(value, at);
  }
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const) {
    header.writeUInt16LE(value, at);
  }
  header.write('data', 36);
  return Buffer.concat([header, Buffer.from(samples.buffer)]);
}

import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

const choices: Readonly<Record<string, string>> = { 1: 'opening hours', 2: 'support' };

/** A caller says what he wants, or presses a key. */
export function hoursApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    const question = answer.gather({
      input: ['dtmf', 'speech'],
      hints: 'opening hours, support',
      numDigits: 1,
      timeout: 4,
      speechTimeout: 'auto',
      action: '/choice',
    });
    question.say('Say opening hours, or support.');
    answer.redirect('/voice');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/choice', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { SpeechResult: speech, Digits: digits = '' } = request.body as Record<string, string>;
    const choice = speech?.toLowerCase() ?? choices[digits];
    if (choice === 'opening hours') answer.say('From nine to five.');
    else if (choice === 'support') answer.redirect('/support');
    else answer.redirect('/voice');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/support', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    answer.say('Nobody is here.');
    answer.hangup();
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

import express, { type Express } from 'express';
import { twiml, webhook } from 'twilio';

/** A bicycle shop's menu, and a menu in it. */
export function menuApp(authToken?: string): Express {
  const app = express();
  app.use(express.urlencoded({ extended: false }));
  app.use(webhook(authToken ?? '', { validate: authToken !== undefined }));

  app.post('/voice', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    const menu = answer.gather({ numDigits: 1, timeout: 4, action: '/menu' });
    menu.say('Harbour Bikes. To rent, press 1. For repairs, press 2.');
    answer.say('We did not hear a key.');
    answer.redirect('/voice');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/menu', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { Digits: digits } = request.body as { Digits: string };
    if (digits === '1') {
      answer.redirect('/rentals');
    } else if (digits === '2') {
      answer.say('The workshop is open from nine to five. Good bye.');
      answer.hangup();
    } else {
      answer.say('There is no such choice.');
      answer.redirect('/voice');
    }
    response.type('text/xml').send(answer.toString());
  });

  app.post('/rentals', (_request, response) => {
    const answer = new twiml.VoiceResponse();
    const menu = answer.gather({ numDigits: 1, action: '/rentals/choice' });
    menu.say('City bikes, 1. Cargo bikes, 2. Back, star.');
    answer.redirect('/rentals');
    response.type('text/xml').send(answer.toString());
  });

  app.post('/rentals/choice', (request, response) => {
    const answer = new twiml.VoiceResponse();
    const { Digits: digits } = request.body as { Digits: string };
    const bike = { 1: 'city bike', 2: 'cargo bike' }[digits];
    if (bike === undefined) answer.redirect('/voice');
    else answer.say(`Your ${bike} is waiting.`);
    response.type('text/xml').send(answer.toString());
  });

  return app;
}

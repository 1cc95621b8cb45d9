import voicemail from '../../flows/voicemail.flow';
import { hangsUp, hears, presses, says } from '../../runtime/testing';
import { testScenarios } from '../support/simulated-scenarios';

const message = [hears({ tone: 'beep' }), says('It is me. Call me back.', 4_000)];
const remove = { remove: () => undefined };
const cannotRemove = { remove: () => Promise.reject(new Error('the disk is read-only')) };

describe('voicemail, simulated', () => {
  testScenarios(voicemail, {
    'a message that is kept because nobody says otherwise': { caller: message },
    'a caller who hangs up in the message': { caller: [...message, hangsUp()] },
    'a message that is heard again and kept': {
      caller: [
        ...message,
        hears('voicemail-review'),
        presses('1'),
        hears('your-message'),
        hears('voicemail-review'),
        presses('2'),
        hears('message-kept'),
      ],
    },
    'a message that is recorded again, and discarded': {
      actors: remove,
      caller: [
        ...message,
        hears('voicemail-review'),
        presses('3'),
        ...message,
        hears('voicemail-review'),
        presses('4'),
        hears('message-discarded'),
      ],
    },
    'three messages that are too short': {
      caller: [1, 2, 3].flatMap(() => [hears({ tone: 'beep' }), presses('#')]),
    },
    'a message that cannot be removed, to record it again': {
      actors: cannotRemove,
      caller: [...message, hears('voicemail-review'), presses('3'), hears('message-failed')],
    },
    'a message that cannot be removed, to discard it': {
      actors: cannotRemove,
      caller: [...message, hears('voicemail-review'), presses('4'), hears('message-failed')],
    },
    'a recording that fails': { recordingFails: 'the disk is full' },
    'no prompt in front of the message': { broken: ['voicemail-greeting', 'leave-message'] },
    'no prompt for what is too short': {
      caller: [hears({ tone: 'beep' }), presses('#'), hears('goodbye')],
      broken: ['message-too-short'],
    },
    'no question behind the message': {
      caller: message,
      broken: ['voicemail-review', 'message-kept', 'goodbye'],
    },
    'a message that cannot be heard again, nor discarding it': {
      actors: remove,
      caller: [
        ...message,
        hears('voicemail-review'),
        presses('1'),
        hears('voicemail-review'),
        presses('4'),
        hears('goodbye'),
      ],
      broken: ['your-message', 'message-discarded'],
    },
    'no prompt to say that it failed': {
      recordingFails: 'the disk is full',
      broken: ['message-failed'],
    },
  });
});

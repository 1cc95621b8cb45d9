import fc from 'fast-check';
import { asciiText, tidyText } from '../../../runtime/prompt/tts/plain-text';
import { splitText } from '../../../runtime/prompt/tts/split-text';

describe('a text for a voice', () => {
  it('is one line without control characters, directions and lone surrogates', () => {
    expect(tidyText('  one\r\n\ttwo\u0000three\u202efour\ud800 ')).toBe('one two three four');
  });

  it('is ASCII for the built-in voice, with the letters that were meant', () => {
    expect(asciiText('Grüße, “Zoë” – ça va… 5 €')).toBe('Grusse, "Zoe" , ca va... 5 euro');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => /^[\x20-\x7e]*$/.test(asciiText(text))),
    );
  });
});

describe('splitting a text', () => {
  it('leaves a short text whole', () => {
    expect(splitText('One. Two, three.', 40)).toEqual(['One. Two, three.']);
  });

  it('prefers the ends of sentences, then commas, then spaces', () => {
    expect(splitText('One two. Three four. Five, six seven.', 20)).toEqual([
      'One two. Three four.',
      'Five, six seven.',
    ]);
    expect(splitText('One two, three four five.', 20)).toEqual(['One two,', 'three four five.']);
    expect(splitText('One two three four five', 12)).toEqual(['One two', 'three four', 'five']);
    expect(splitText('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
  });

  it('keeps every part within the limit and loses nothing but spaces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('word', 'a', ' ', '. ', ', ', 'longerthanthat', '!')),
        fc.integer({ min: 1, max: 30 }),
        (parts, limit) => {
          const text = parts.join('');
          const pieces = splitText(text, limit);
          expect(pieces.every((piece) => piece.length > 0 && piece.length <= limit)).toBe(true);
          expect(pieces.join('').replace(/ /g, '')).toBe(text.replace(/ /g, ''));
        },
      ),
    );
  });
});

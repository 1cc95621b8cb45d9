import fc from 'fast-check';
import { tidyText } from '../../../runtime/prompt/tts/plain-text';
import {
  escapeText,
  speakDocument,
  spokenParts,
  ssmlProblem,
} from '../../../runtime/prompt/tts/ssml';

describe('SSML', () => {
  it.each([
    ['Hello <b>you', 'line 1, column'],
    ['one\n<p>two</q>', 'line 2, column'],
    ['salt & pepper', 'line 1, column 6'],
    ['1 < 2', 'line 1, column'],
    ['<speak>Hello', 'line 1, column'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><speak>&b;</speak>', 'DOCTYPE'],
  ])('that is not well-formed is told with its place: %j', (ssml, place) => {
    expect(ssmlProblem(ssml)).toContain(place);
    expect(() => spokenParts(ssml)).toThrow(place);
  });

  it.each(['Hello.', 'a &amp; b', '<speak>Hello <break time="1s"/></speak>', '<p><s>A.</s></p>'])(
    'that is well-formed is none: %j',
    (ssml) => {
      expect(ssmlProblem(ssml)).toBeUndefined();
    },
  );

  it('is the inside of <speak>, or has that already', () => {
    expect(speakDocument('Hello')).toBe('<speak>Hello</speak>');
    expect(speakDocument(' <speak>Hello</speak> ')).toBe('<speak>Hello</speak>');
    expect(speakDocument('<speaker/>')).toBe('<speak><speaker/></speak>');
  });

  it('is spoken by a voice without it as its words, with its breaks as silence', () => {
    expect(
      spokenParts('Please <emphasis>wait</emphasis><break time="1.5s"/>now &amp; here'),
    ).toEqual([{ text: 'Please wait' }, { silence: 1_500 }, { text: 'now & here' }]);
    expect(spokenParts('a<break time="250ms"/><break strength="none"/><break/>b')).toEqual([
      { text: 'a' },
      { silence: 250 },
      { silence: 400 },
      { text: 'b' },
    ]);
    expect(spokenParts('a<break time="9999s"/>')[1]).toEqual({ silence: 10_000 });
  });

  it('has characters and digits read one by one, aliases in place of what they stand for, and sentences apart', () => {
    const text = (ssml: string): unknown => spokenParts(ssml);
    expect(text('<say-as interpret-as="characters">AB 1</say-as>')).toEqual([{ text: 'A, B, 1' }]);
    expect(text('<say-as interpret-as="digits">42</say-as>')).toEqual([{ text: '4, 2' }]);
    expect(text('<say-as interpret-as="date">2026</say-as>')).toEqual([{ text: '2026' }]);
    expect(text('<sub alias="World Wide Web">WWW</sub>')).toEqual([{ text: 'World Wide Web' }]);
    expect(text('<p>One</p><s>Two!</s>Three')).toEqual([{ text: 'One. Two!Three' }]);
  });

  it('takes any plain text that is escaped for text, and gives it back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (text) => {
        const tidy = tidyText(text);
        const escaped = escapeText(tidy);
        expect(ssmlProblem(escaped)).toBeUndefined();
        const parts = spokenParts(escaped);
        expect(parts).toEqual(tidy === '' ? [] : [{ text: tidy }]);
      }),
      { numRuns: 300 },
    );
  });
});

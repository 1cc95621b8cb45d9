import fc from 'fast-check';
import { sentencesOf } from '../../../runtime/prompt/tts/sentences';

const texts = (text: string, limit = 300): string[] =>
  sentencesOf(text, limit, 'en').map((part) => part.text);

describe('the parts of a text', () => {
  it('are its sentences, of which short ones go with the next', () => {
    expect(texts('Welcome to our hotline. Please press one for sales! Or two?')).toEqual([
      'Welcome to our hotline.',
      'Please press one for sales!',
      'Or two?',
    ]);
    expect(texts('Dr. Smith is not here today. Bye.')).toEqual([
      'Dr. Smith is not here today.',
      'Bye.',
    ]);
  });

  it('know what follows them', () => {
    const parts = sentencesOf(
      'This is the first one. This is the second one. End.',
      300,
      'xx-bad-',
    );
    expect(parts.map(({ rest }) => rest)).toEqual(['This is the second one. End.', 'End.', '']);
  });

  it('keep every word in its order, and none is longer than the limit', () => {
    const words = (text: string): string => text.replace(/\s+/g, '');
    const word = fc.constantFrom('one', 'two,', 'three.', 'four!', 'Five', 'Dr.', 'x'.repeat(40));
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 80 }),
        fc.integer({ min: 20, max: 100 }),
        (all, limit) => {
          const text = all.join(' ');
          const parts = texts(text, limit);
          expect(words(parts.join(''))).toBe(words(text));
          expect(parts.every((part) => part.length <= limit)).toBe(true);
        },
      ),
    );
  });
});

import { z } from 'zod';
import { TONE_NAMES } from '../../core/tones';
import { text } from './common-schemas';

const spoken = text(5_000);
const when = z.union([text(40), z.number()]);
const gender = z.enum(['masculine', 'feminine', 'neuter']).exactOptional();
const zone = text(60).exactOptional();

/** Nobody may have files of the machine played: there is no `{ file }`. */
const single = z.union(
  [
    text(200).describe('The name of a prompt.'),
    z.strictObject({ say: spoken, voice: text(100).exactOptional() }),
    z.strictObject({ ssml: spoken, voice: text(100).exactOptional() }),
    z.strictObject({ url: text(2_048) }),
    z.strictObject({ silence: z.number().min(0).max(60_000) }),
    z.strictObject({
      tone: z.enum(TONE_NAMES),
      duration: z.number().min(0).max(60_000).exactOptional(),
      country: text(2).exactOptional(),
    }),
    z.strictObject({ digits: text(100) }),
    z.strictObject({ number: z.number(), gender }),
    z.strictObject({ ordinal: z.number(), gender }),
    z.strictObject({ money: z.number(), currency: text(3) }),
    z.strictObject({
      date: when,
      zone,
      weekday: z.boolean().exactOptional(),
      year: z.boolean().exactOptional(),
    }),
    z.strictObject({ time: when, zone }),
    z.strictObject({ duration: z.number().min(0) }),
    z.strictObject({ phone: text(40) }),
  ],
  { error: 'must be a prompt: its name, or { say: "text" }, { url: "https://…" }, …' },
);

/** What can be played: a prompt, or several in turn. */
export const prompt = z.union([single, z.array(single).min(1).max(50)], {
  error: 'must be a prompt, or a list of them: a name, or { say: "text" }, { url: "https://…" }, …',
});

import { musicTalkOff, speechTalkOff } from '../../bench/dtmf';

/** An hour of each is heard by `npm run bench -- dtmf`. */
describe('a detector of keys that hears no keys', () => {
  it('takes no part of four minutes of speech for one', async () => {
    const { minutes, falseKeys } = await speechTalkOff(4, 7);
    expect(minutes).toBeGreaterThanOrEqual(4);
    expect(falseKeys).toEqual([]);
  });

  it('takes no part of four minutes of music for one', () => {
    const { minutes, falseKeys } = musicTalkOff(4, 7);
    expect(minutes).toBeGreaterThanOrEqual(4);
    expect(falseKeys).toEqual([]);
  });
});

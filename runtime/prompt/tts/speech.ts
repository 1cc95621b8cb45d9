import type { AudioClip } from '../../core/audio';
import type { Clock } from '../../core/clock';
import { describeError } from '../../core/errors';
import { widerTags } from '../../core/language';
import type { Logger } from '../../core/logger';
import { voiceFailed } from '../errors';
import type { SpeechCounts, SpeechRequest, Voice } from '../port';
import type { SpeechCache } from './cache';
import { tidyText } from './plain-text';
import { SpokenText } from './spoken-text';
import { ssmlProblem } from './ssml';
import { VoiceSeat } from './voice-seat';

/** Who speaks. */
export interface VoiceSet {
  /** In the order in which they are asked. */
  readonly voices: readonly Voice[];
  /** By language tag: those that are asked first in that language. */
  readonly byLanguage?: Readonly<Record<string, readonly Voice[]>>;
}

export interface SpeechOptions extends VoiceSet {
  readonly cache: SpeechCache;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Texts into sound, by the first of several voices that can: the next goes on where one fails or takes too long. What
 * a voice has spoken is kept as its own, so that the first voice speaks again as soon as it can. Closes the voices.
 */
export class Speech {
  private readonly seats: ReadonlyMap<Voice, VoiceSeat>;
  private closed = false;

  constructor(private readonly options: SpeechOptions) {
    const { voices, byLanguage = {} } = options;
    const all = new Set([...voices, ...Object.values(byLanguage).flat()]);
    this.seats = new Map([...all].map((voice) => [voice, new VoiceSeat(voice, options)]));
  }

  get counts(): SpeechCounts {
    const voices = [...this.seats.values()].map((seat) => seat.counts);
    return { voices, ...this.options.cache.size };
  }

  /** Why a request cannot be spoken, as one sentence with the remedy; undefined if it can. Does not synthesise. */
  check(asked: SpeechRequest): string | undefined {
    const request = tidied(asked);
    if ((request.text ?? request.ssml) === '')
      return 'There is no text: there is nothing to speak.';
    const malformed = request.ssml === undefined ? undefined : ssmlProblem(request.ssml);
    if (malformed !== undefined) return malformed;
    const order = this.orderOf(request);
    if (order.length === 0) return unspoken(request.language ?? 'und');
    let first: string | undefined;
    for (const { voice } of order) {
      const { speaker } = request;
      const other = speaker !== undefined && order.length > 1 && !voice.knows(speaker);
      const problem = voice.check?.(other ? { ...request, speaker: undefined } : request);
      if (problem === undefined) return undefined;
      first ??= problem;
    }
    return first;
  }

  /** The whole of a text. Rejects with `CALLCHART_VOICE_FAILED`. */
  async speak(request: SpeechRequest): Promise<AudioClip> {
    return (await this.open(request)).whole();
  }

  /**
   * Begins to speak: resolves as soon as it is known whether the sound is there already, in memory or on disk. Rejects
   * with `CALLCHART_VOICE_FAILED` when nobody may speak it.
   */
  async open(asked: SpeechRequest): Promise<SpokenText> {
    if (this.closed) throw voiceFailed('Nobody speaks any more: this is being closed.');
    const request = tidied(asked);
    const order = this.orderOf(request);
    if (order.length === 0) throw voiceFailed(unspoken(request.language ?? 'und'));
    for (const [index, seat] of order.entries()) {
      const mine = requestFor(seat.voice, request);
      const clip = await this.options.cache.find(seat.voice, mine);
      if (clip !== undefined) {
        seat.noteKept();
        return SpokenText.of(clip, seat.voice.name);
      }
      if (seat.ready) return this.begin(order, index, request);
    }
    // All rest: better to try than to say nothing.
    return this.begin(order, 0, request);
  }

  /** Has the voices load what the first text would wait for. Never rejects. */
  async prepare(): Promise<void> {
    await Promise.all([...this.seats.keys()].map((voice) => this.prepareOne(voice)));
  }

  async close(): Promise<void> {
    this.closed = true;
    const closing = this.options.cache.close();
    await Promise.all([...this.seats.keys()].map((voice) => voice.close()));
    await closing;
  }

  private async prepareOne(voice: Voice): Promise<void> {
    try {
      await voice.prepare?.();
    } catch (error) {
      if (this.closed) return;
      const fields = { voice: voice.name, reason: describeError(error) };
      this.options.logger.warn(fields, 'a voice is not ready');
    }
  }

  /** Who speaks it: those of its language first, then all others that speak it; first those that know the speaker. */
  private orderOf({ language, speaker }: SpeechRequest): VoiceSeat[] {
    const { voices, byLanguage = {} } = this.options;
    const tags = language === undefined ? [] : widerTags(language);
    const chosen = tags.flatMap((tag) => byLanguage[tag] ?? []);
    const others = voices.filter((voice) => voice.dialect(language) !== undefined);
    let order = [...new Set([...chosen, ...others])];
    if (speaker !== undefined) {
      // A speaker's name may say more of its language than the call does.
      const knowing = [...order, ...voices].filter((voice) => voice.knows(speaker));
      order = [...new Set([...knowing, ...order])];
    }
    return order.flatMap((voice) => this.seats.get(voice) ?? []);
  }

  private begin(order: readonly VoiceSeat[], first: number, request: SpeechRequest): SpokenText {
    const spoken = new SpokenText();
    // Those that were passed over come last: nobody else may be left.
    const rest = order.filter((seat, index) => index !== first && seat.ready);
    const tired = order.filter((seat, index) => index !== first && !seat.ready);
    const chosen = order[first];
    const all = chosen === undefined ? [] : [chosen, ...rest, ...tired];
    void this.run(all, request, spoken).catch((error: unknown) => {
      spoken.fail(error instanceof Error ? error : new Error(String(error)));
    });
    return spoken;
  }

  /** Asks one after the other until it is said; the next takes over where the one before stopped. */
  private async run(
    order: readonly VoiceSeat[],
    request: SpeechRequest,
    spoken: SpokenText,
  ): Promise<void> {
    let left = request;
    let failure = voiceFailed('Nobody could speak a text.');
    for (const [index, seat] of order.entries()) {
      const { voice } = seat;
      const mine = requestFor(voice, left);
      const kept = index === 0 ? undefined : await this.options.cache.find(voice, mine);
      const next = order[index + 1]?.voice;
      if (kept !== undefined) seat.noteKept();
      const making =
        kept !== undefined
          ? SpokenText.of(kept, voice.name)
          : seat.make(mine, (error) => this.tell(voice, next, error));
      spoken.by = voice.name;
      try {
        for await (const part of making.from()) spoken.add(part);
        if (left === request) spoken.finish(await making.whole());
        else spoken.finish();
        // Also one that is asked first while those before it rest.
        if (seat !== this.orderOf(request)[0]) seat.noteTakenOver();
        return;
      } catch (error) {
        failure = error as typeof failure;
        if (this.closed) throw failure;
        if (making.parts.length === 0) continue;
        if (making.rest === '') return spoken.finish();
        // Nobody can tell what is left: said twice would be worse than not said.
        if (making.rest === undefined) throw failure;
        left = { ...request, text: making.rest, ssml: undefined };
      }
    }
    throw failure;
  }

  private tell(voice: Voice, next: Voice | undefined, error: Error): void {
    if (next === undefined || this.closed) return;
    const fields = { voice: voice.name, next: next.name, reason: describeError(error) };
    this.options.logger.warn(fields, 'a voice failed, the next one speaks');
  }
}

function tidied(request: SpeechRequest): SpeechRequest {
  return request.ssml === undefined
    ? { ...request, text: tidyText(request.text) }
    : { ...request, ssml: request.ssml.trim() };
}

/** A voice is told of a speaker and a language that are its own; it is not told who waits, for others may too. */
function requestFor(voice: Voice, request: SpeechRequest): SpeechRequest {
  const { speaker, language } = request;
  return {
    ...request,
    signal: undefined,
    speaker: speaker !== undefined && voice.knows(speaker) ? speaker : undefined,
    language: voice.dialect(language) === undefined ? undefined : language,
  };
}

function unspoken(language: string): string {
  const name = new Intl.DisplayNames('en', { type: 'language' }).of(language) ?? language;
  const [key = language] = language.split('-');
  const called = name === language ? name : `${name} (${language})`;
  return `No voice speaks ${called}: configure one as prompts.voices.${key}, for example { type: 'google', language: '${language}' } or { type: 'espeak', language: '${language}' }, or record the prompt. If the text is in another language, say so: by prompts.language for all calls, or by { language, prompt }.`;
}

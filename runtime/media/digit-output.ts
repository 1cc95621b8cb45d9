import type { PlayItem } from '../core/audio';
import { CallchartError } from '../core/errors';
import { EventSender, type HeldKey } from './dtmf/event-sender';
import { tonesOfDigit } from './dtmf/keys';
import { Player } from './player';
import type { DigitForm, MediaParameters } from './port';
import type { RtpSender } from './rtp/sender';

/** dBm0 of each of the two tones of a key: what exchanges send. */
const KEY_LEVEL = -7;
/** Milliseconds; ITU-T Q.24: a shorter pause need not part two keys. */
const SHORTEST_GAP = 40;

interface Request {
  readonly digits: string;
  /** The one digit is sent for as long as this key is down. */
  readonly held?: Readonly<HeldKey>;
  readonly duration: number;
  readonly gap: number;
  readonly form: DigitForm;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * The digits that a session sends, one request after the other: each as telephone events (RFC 4733) or, where the
 * peer takes none, as the tones that they are in sound.
 */
export class DigitOutput {
  readonly events: EventSender;
  /** The keys that sound, while those of {@link current} go out as tones. */
  tones: Player | undefined;
  private waiting: Request[] = [];
  private current: Request | undefined;
  private takesEvents: boolean | undefined;

  constructor(sender: RtpSender) {
    this.events = new EventSender(sender);
  }

  /** Whether digits are being sent or wait. */
  get busy(): boolean {
    return this.current !== undefined || this.waiting.length > 0;
  }

  configure({ codec, telephoneEvent }: MediaParameters): void {
    this.takesEvents = telephoneEvent !== undefined;
    if (telephoneEvent !== undefined) {
      // RFC 4733 §2.1: their time stamps are those of the stream that they share.
      this.events.setClock(telephoneEvent.clockRate, codec.clockRate);
      return;
    }
    const bySound = (request: Request): boolean => request.form !== 'event';
    const refused = this.waiting.filter((request) => !bySound(request));
    this.waiting = this.waiting.filter(bySound);
    const { current } = this;
    if (current !== undefined && this.tones === undefined) {
      this.events.cancel();
      this.current = undefined;
      refused.unshift(current);
    }
    for (const request of refused) request.reject(noEvents());
  }

  /** Resolves when the last digit has been sent; digits asked for meanwhile follow. */
  send(digits: string, duration: number, gap: number, form: DigitForm): Promise<void> {
    return this.queue({ digits, duration, gap, form });
  }

  /** Sends one digit as an event for as long as a key is held elsewhere. */
  hold(digit: string, held: Readonly<HeldKey>): Promise<void> {
    return this.queue({ digits: digit, duration: 0, gap: 0, form: 'event', held });
  }

  /** To be called before each packet: begins with the next request when the last one is done. */
  begin(): void {
    if (this.current !== undefined) return;
    const next = this.waiting.shift();
    if (next === undefined) return;
    this.current = next;
    const { digits, duration, gap, held } = next;
    if (held !== undefined) this.events.hold(digits, held);
    else if (this.takesEvents === true && next.form !== 'inband') {
      this.events.press(digits, duration, gap);
    } else {
      this.tones = new Player(itemsOf(digits, duration, Math.max(gap, SHORTEST_GAP)));
    }
  }

  /** To be called behind each packet: notices that all of a request has been sent. */
  advance(): void {
    const { current } = this;
    if (current === undefined) return;
    if (this.tones === undefined ? this.events.busy : !this.tones.ended) return;
    this.tones = undefined;
    this.current = undefined;
    current.resolve();
  }

  close(): void {
    // An error costs more than all the rest of closing: made only for somebody to get it.
    if (!this.busy) return;
    const abandoned = this.current === undefined ? this.waiting : [this.current, ...this.waiting];
    this.waiting = [];
    this.current = undefined;
    this.tones = undefined;
    this.events.cancel();
    const error = closedEarly();
    for (const request of abandoned) request.reject(error);
  }

  private queue(request: Omit<Request, 'resolve' | 'reject'>): Promise<void> {
    if (this.takesEvents === false && request.form === 'event') return Promise.reject(noEvents());
    return new Promise((resolve, reject) => {
      this.waiting.push({ ...request, resolve, reject });
    });
  }
}

function itemsOf(digits: string, duration: number, gap: number): PlayItem[] {
  const items: PlayItem[] = [];
  for (const digit of digits) {
    const frequencies = tonesOfDigit(digit);
    if (frequencies === undefined) continue;
    const cadence = [duration, gap];
    items.push({
      type: 'tone',
      tone: { frequencies, cadence, duration: duration + gap, level: KEY_LEVEL },
    });
  }
  return items;
}

function closedEarly(): CallchartError {
  return new CallchartError(
    'CALLCHART_MEDIA_CLOSED',
    'the session ended before the digits were sent',
  );
}

function noEvents(): CallchartError {
  return new CallchartError(
    'CALLCHART_MEDIA_NO_EVENTS',
    'the peer has not agreed to telephone events (RFC 4733), so no digits can be sent as such',
  );
}

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CallRecord } from '../call/call-record';
import type { CallHappening } from '../call/happenings';
import { BoundedLabel } from './labels';

/** Numbers of others, read when they are asked for: a name, its help, and its values with their labels. */
export interface GaugeSource {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** A counter's name ends in `_total`. */
  readonly kind?: 'counter' | 'gauge';
  values(): readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

/** States of flows that are told apart; calls that end in others count as `other`. */
const mostEndStates = 300;

/**
 * What Prometheus reads. Calls are counted as they happen; all else is read from who has it when somebody asks.
 */
export class Metrics {
  private readonly registry = new Registry();
  private readonly delay: IntervalHistogram;
  private readonly flows = new BoundedLabel(200);
  private readonly states = new BoundedLabel(mostEndStates);
  private readonly causes = new BoundedLabel(60);
  private readonly calls: Counter;
  private readonly setup: Histogram;
  private readonly length: Histogram;
  private readonly mos: Histogram;
  private readonly jitter: Histogram;
  private readonly loss: Histogram;
  private readonly requests: Counter;
  private readonly requestTime: Histogram;

  constructor(sources: readonly GaugeSource[]) {
    const registers = [this.registry];
    this.calls = new Counter({
      name: 'callchart_calls_total',
      help: 'Calls that are over, by their flow, the state that it ended in, and why they ended',
      labelNames: ['direction', 'flow', 'end_state', 'outcome'],
      registers,
    });
    this.setup = new Histogram({
      name: 'callchart_call_setup_seconds',
      help: 'From the INVITE to the answer',
      labelNames: ['direction'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60],
      registers,
    });
    this.length = new Histogram({
      name: 'callchart_call_talk_seconds',
      help: 'From the answer to the end',
      labelNames: ['direction'],
      buckets: [5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 14_400],
      registers,
    });
    this.mos = new Histogram({
      name: 'callchart_media_mos_score',
      help: 'What was heard in a call, 1 to 4.5 (ITU-T G.107)',
      buckets: [1, 2, 2.5, 3, 3.3, 3.6, 3.8, 4, 4.2, 4.4],
      registers,
    });
    this.jitter = new Histogram({
      name: 'callchart_media_jitter_seconds',
      help: 'Jitter of what was received in a call',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2],
      registers,
    });
    this.loss = new Histogram({
      name: 'callchart_media_loss_ratio',
      help: 'Packets that did not come, of those that were sent to us',
      buckets: [0, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3],
      registers,
    });
    this.requests = new Counter({
      name: 'callchart_http_requests_total',
      help: 'Requests to the HTTP server',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.requestTime = new Histogram({
      name: 'callchart_http_request_duration_seconds',
      help: 'From a request to the end of its answer',
      labelNames: ['method', 'route'],
      buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
      registers,
    });
    this.delay = monitorEventLoopDelay({ resolution: 10 });
    this.delay.enable();
    for (const source of [...sources, ...processSources(this.delay)]) this.read(source);
  }

  /** Counts what has happened with a call. */
  happened(happening: CallHappening): void {
    if (happening.type === 'call.recorded') this.recorded(happening.record);
  }

  request(method: string, route: string, status: number, milliseconds: number): void {
    const known = /^(GET|HEAD|POST|PATCH|DELETE|PUT|OPTIONS)$/.test(method) ? method : 'other';
    const where = route === '' ? 'none' : route;
    this.requests.inc({ method: known, route: where, status: String(status) });
    this.requestTime.observe({ method: known, route: where }, milliseconds / 1_000);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  close(): void {
    this.delay.disable();
    this.registry.clear();
  }

  private recorded(record: CallRecord): void {
    const { direction, flow, path, end, started, answeredAt, talked, media } = record;
    this.calls.inc({
      direction,
      flow: this.flows.of(flow?.name ?? 'none'),
      end_state: this.states.of(path.at(-1)?.state ?? 'none'),
      outcome: this.causes.of(end.cause),
    });
    if (answeredAt !== undefined) {
      this.setup.observe({ direction }, (Date.parse(answeredAt) - Date.parse(started)) / 1_000);
      this.length.observe({ direction }, talked / 1_000);
    }
    if (media === undefined) return;
    const { mos, jitter, packetsLost, packetsReceived } = media;
    if (mos !== undefined) this.mos.observe(mos);
    if (packetsReceived === 0) return;
    this.jitter.observe(jitter / 1_000);
    this.loss.observe(Math.max(0, packetsLost) / (packetsReceived + Math.max(0, packetsLost)));
  }

  private read(source: GaugeSource): void {
    const { name, help, labels = [], kind = 'gauge' } = source;
    const options = { name, help, labelNames: [...labels], registers: [this.registry] };
    if (kind === 'counter') {
      new Counter({
        ...options,
        collect() {
          this.reset();
          for (const [given, value] of source.values()) this.inc(given, value);
        },
      });
      return;
    }
    new Gauge({
      ...options,
      collect() {
        this.reset();
        for (const [given, value] of source.values()) this.set(given, value);
      },
    });
  }
}

function processSources(delay: IntervalHistogram): GaugeSource[] {
  return [
    {
      name: 'callchart_event_loop_delay_seconds',
      help: 'How late the event loop was since the last reading',
      labels: ['quantile'],
      values: () => {
        const read = [50, 90, 99].map(
          (percent) =>
            [{ quantile: String(percent / 100) }, delay.percentile(percent) / 1e9] as const,
        );
        const most = [{ quantile: '1' }, delay.max / 1e9] as const;
        delay.reset();
        return [...read, most];
      },
    },
    {
      name: 'process_cpu_seconds_total',
      help: 'Processor time of the process, its threads included',
      kind: 'counter',
      values: () => {
        const { user, system } = process.cpuUsage();
        return [[{}, (user + system) / 1e6]];
      },
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Memory of the process',
      values: () => [[{}, process.memoryUsage.rss()]],
    },
  ];
}

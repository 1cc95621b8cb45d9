import type { AnyStateMachine } from 'xstate';
import type { LiveCall } from '../call/live-call';
import type { CallFlow } from '../call/services';
import type { ResolvedConfig } from '../config/resolved';
import type { Clock } from '../core/clock';
import { CallchartError } from '../core/errors';
import type { Logger } from '../core/logger';
import { closest } from '../core/suggest';
import { bindDocuments, fetchDocument } from '../document/bind';
import { DOCUMENT_FLOW } from '../document/context';
import { documentFlow } from '../document/machine';
import type { WebDocuments } from '../document/web-documents';
import { defaultApology } from '../flow/apology';
import { allMachines } from '../flow/check-machine';
import type { FlowLog } from '../flow/flow-log';
import type { InnerFlow } from '../flow/inner-flow';
import { runFlow, type FlowRun, type RunFlowOptions } from '../flow/run-flow';
import type { MachineResult } from '../media/port';
import type { PromptLibrary } from '../prompt/port';
import type { MediaStreams } from '../stream/port';
import type { WebClient } from '../web/port';
import type { FlowAssignment, RunnableFlow } from './assignments';
import { documentInput } from './documents';
import type { Generations } from './generations';
import type { CallTarget } from './live-control';

export interface FlowRunnerParts {
  readonly config: ResolvedConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly web: WebClient;
  readonly streams: MediaStreams;
  readonly documents: WebDocuments;
  readonly served: Generations;
  removeRecording(path: string): Promise<void>;
  readonly onFlowLog: ((log: FlowLog) => void) | undefined;
}

/** What is the same for every call of a flow. */
type FlowServices = Omit<RunFlowOptions, 'record'>;

/** Finds what calls are given to, and runs it: flows that are served, and web apps by their documents. */
export class FlowRunner {
  private readonly prepared = new WeakMap<AnyStateMachine, FlowServices>();

  constructor(private readonly parts: FlowRunnerParts) {}

  /** @throws {CallchartError} `CALLCHART_UNKNOWN_FLOW`, `CALLCHART_BAD_URL` */
  assign(target: CallTarget): FlowAssignment {
    const assignment = this.find(target);
    if (assignment !== undefined) return assignment;
    const names = this.parts.served.flows.map((flow) => flow.name);
    throw unknownFlow('flow' in target ? target.flow : '', names);
  }

  /** Undefined when there is no such flow. */
  find(target: CallTarget): FlowAssignment | undefined {
    const { served } = this.parts;
    if (!('flow' in target)) return this.webApp(documentInput(target));
    const { flow, input } = target;
    if (flow === DOCUMENT_FLOW) return this.webApp(input);
    const lease = served.take(flow);
    if (lease === undefined) return undefined;
    return { flow: lease.flow, prompts: lease.prompts, end: lease.end, input };
  }

  run(
    { flow, prompts, input }: FlowAssignment,
    call: LiveCall,
    answeredBy: MachineResult | undefined,
    since: number,
  ): FlowRun {
    const { clock, config } = this.parts;
    // A call that changes its flow lives no longer for it.
    const spent = clock.now() - since;
    const services = this.services(flow);
    // One literal, every member of it named: spreading took a twentieth of a call (test/bench/call-path.ts).
    return runFlow(flow.machine, call, {
      clock: services.clock,
      logger: services.logger,
      web: services.web,
      streams: services.streams,
      signingKeys: services.signingKeys,
      removeFile: services.removeFile,
      findFlow: services.findFlow,
      onSystem: services.onSystem,
      settleTimeout: services.settleTimeout,
      log: services.log,
      record: { state: (name) => call.enteredState(name) },
      apology: this.apologyOf(prompts),
      maxCallDuration: Math.max(1, config.sip.maxCallDuration - spent),
      answeredBy,
      input,
    });
  }

  private webApp(input: unknown): FlowAssignment {
    const { served, version } = this.parts;
    return {
      flow: { name: 'document', version, machine: documentFlow },
      ...served.takePrompts(),
      input,
    };
  }

  /** A flow for a leg of a call that another flow has. */
  private innerFlow(name: string): InnerFlow | undefined {
    const assignment = this.find({ flow: name });
    if (assignment === undefined) return undefined;
    const { flow, prompts, end } = assignment;
    return {
      run: (call, input) => {
        call.usePrompts?.(prompts);
        return runFlow(flow.machine, call, {
          ...this.services(flow),
          log: undefined,
          record: { state: () => undefined },
          keepCall: true,
          maxCallDuration: this.parts.config.sip.maxCallDuration,
          input,
        });
      },
      end,
    };
  }

  /** What every call of a flow is run with. */
  private services(flow: RunnableFlow): FlowServices {
    const { machine } = flow;
    let services = this.prepared.get(machine);
    if (services === undefined) {
      const { clock, logger, web, streams, config, documents } = this.parts;
      services = {
        ...{ clock, logger, web, streams, signingKeys: config.web.signingKeys },
        removeFile: (path) => this.parts.removeRecording(path),
        findFlow: (name) => this.innerFlow(name),
        log: this.logOf(flow),
        ...(asksForDocuments(machine)
          ? {
              onSystem: (system, call) => bindDocuments(system, documents.of(call)),
              // An app is still told how the last verb went, as long as it may take.
              settleTimeout: documents.timeout + 1_000,
            }
          : {}),
      };
      this.prepared.set(machine, services);
    }
    return services;
  }

  private logOf({ name, version }: RunnableFlow): RunFlowOptions['log'] {
    const { onFlowLog } = this.parts;
    if (onFlowLog === undefined) return undefined;
    return { flow: { name, version }, onLog: (log) => onFlowLog(log) };
  }

  private apologyOf(prompts: PromptLibrary): NonNullable<RunFlowOptions['apology']> {
    const { apology } = this.parts.config.flows;
    return apology ?? ((language) => defaultApology(prompts, language));
  }
}

/** The document flow itself does, and one that invokes it. */
function asksForDocuments(machine: AnyStateMachine): boolean {
  return [...allMachines(machine)].some((each) =>
    Object.values<unknown>(each.implementations.actors).includes(fetchDocument),
  );
}

export function callFlow({ flow: { name, version }, prompts }: FlowAssignment): CallFlow {
  return { name, version, prompts };
}

function unknownFlow(name: string, names: Iterable<string>): CallchartError {
  const near = closest(name, names);
  const hint = near === undefined ? '' : `: did you mean "${near}"?`;
  return new CallchartError('CALLCHART_UNKNOWN_FLOW', `there is no flow "${name}"${hint}`);
}

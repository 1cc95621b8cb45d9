import type { PlayItem } from '../../runtime/core/audio';
import { CallchartError } from '../../runtime/core/errors';
import type { Prompt, PromptLibrary } from '../../runtime/prompt/port';

/** Every prompt is its name's length in silence; `missing` is missing. */
export class FakePrompts implements PromptLibrary {
  readonly names: readonly string[] = ['welcome'];
  readonly resolved: Prompt[] = [];
  /** Resolution waits for this. */
  gate: Promise<void> | undefined;

  check(): [] {
    return [];
  }

  async resolve(prompt: Prompt): Promise<PlayItem[]> {
    this.resolved.push(prompt);
    await this.gate;
    if (prompt === 'missing') {
      throw new CallchartError('CALLCHART_PROMPT_MISSING', 'there is no prompt "missing"');
    }
    return [{ type: 'silence', duration: JSON.stringify(prompt).length }];
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

import type { Server } from 'node:http';
import { WebSocketServer } from 'ws';

/** A recogniser that understands the next text of its script once the caller has said something. */
export class ScriptedEngine {
  /** What each recognition was told at its start. */
  readonly starts: object[] = [];

  /** @param texts of each utterance, in order */
  constructor(server: Server, texts: readonly string[]) {
    const rest = [...texts];
    new WebSocketServer({ server }).on('connection', (socket) => {
      let loud = 0;
      const answer = (message: object): void => socket.send(JSON.stringify(message));
      socket.on('message', (data: Buffer, binary) => {
        if (!binary) {
          const message = JSON.parse(data.toString()) as { readonly type: string };
          if (message.type === 'start') this.starts.push(message);
          else answer({ type: 'end' });
          return;
        }
        if (isLoud(data)) loud += 1;
        // Half a second of speech is an utterance.
        if (loud === 25) answer({ type: 'final', text: rest.shift() ?? '', confidence: 0.9 });
      });
    });
  }
}

function isLoud(sound: Buffer): boolean {
  for (let at = 0; at + 1 < sound.length; at += 2) {
    if (Math.abs(sound.readInt16LE(at)) > 2_000) return true;
  }
  return false;
}

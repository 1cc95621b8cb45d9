import type { z } from 'zod';
import type { CallHistory } from '../../events/port';
import type { RecordingRow } from '../../store/recording-table';
import type { recording as schema } from '../api/recording-schemas';
import type { recordingEndpoints } from '../api/recording-endpoints';
import { problems } from '../problem';
import type { Handlers } from '../router';

/** Recordings that are complete. */
export function recordingHandlers(history: CallHistory): Handlers<keyof typeof recordingEndpoints> {
  const find = (id: string): RecordingRow => {
    const row = history.recording(id);
    if (row === undefined) throw problems.notFound(`recording ${id}`);
    return row;
  };
  return {
    listRecordings: ({ query: { limit, cursor, call, since, until } }) => {
      const { rows, next } = history.recordings(
        {
          ...(call === undefined ? {} : { call }),
          ...(since === undefined ? {} : { createdAfter: since }),
          ...(until === undefined ? {} : { createdBefore: until }),
        },
        { limit, cursor },
      );
      return { status: 200, body: { items: rows.map(shown), next: next ?? null } };
    },
    getRecording: ({ params: { id } }) => ({ status: 200, body: shown(find(id)) }),
    getRecordingAudio: ({ params: { id } }) => {
      const { path } = find(id);
      return {
        // Ranges, conditions and the type by the file's ending are express' own.
        stream: (response) =>
          new Promise((resolve, reject) => {
            const options = { dotfiles: 'allow', cacheControl: false } as const;
            response.sendFile(path, options, (error?: Error & { readonly code?: string }) => {
              // A client that leaves is no failure.
              if (error === undefined || response.destroyed) resolve();
              else reject(error.code === 'ENOENT' ? problems.notFound(`file of ${id}`) : error);
            });
          }),
      };
    },
    deleteRecording: async ({ params: { id } }) => {
      if (!(await history.deleteRecording(id))) throw problems.notFound(`recording ${id}`);
      return { status: 204 };
    },
  };
}

/** Where the machine has the file is nobody's business. */
function shown(row: RecordingRow): z.input<typeof schema> {
  const { id, call, created, duration, format, channels, size } = row;
  return {
    ...{ id, call, duration },
    created: new Date(created).toISOString(),
    format: format ?? null,
    channels: channels ?? null,
    size: size ?? null,
  };
}

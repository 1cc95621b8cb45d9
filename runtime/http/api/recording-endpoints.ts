import { endpoint } from './endpoint';
import * as schemas from './schemas';

const group = 'Recordings';
const params = schemas.recordingParams;

/** Recordings that are complete. */
export const recordingEndpoints = {
  listRecordings: endpoint({
    ...{ method: 'get', path: '/v1/recordings', scope: 'read', group },
    summary: 'List recordings, the latest first',
    query: schemas.recordingQuery,
    answers: { 200: { description: 'A page of recordings.', schema: schemas.recordingPage } },
    problems: [503],
  }),
  getRecording: endpoint({
    ...{ method: 'get', path: '/v1/recordings/{id}', scope: 'read', group, params },
    summary: 'What is known of a recording',
    answers: { 200: { description: 'The recording.', schema: schemas.recording } },
    problems: [404, 503],
  }),
  getRecordingAudio: endpoint({
    ...{ method: 'get', path: '/v1/recordings/{id}/audio', scope: 'read', group, params },
    summary: 'The sound of a recording, or a range of its bytes',
    answers: {
      200: { description: 'The file: audio/wav or audio/ogg.', contentType: 'audio/*' },
      206: { description: 'What `Range` asked for.', contentType: 'audio/*' },
    },
    problems: [404, 416, 503],
  }),
  deleteRecording: endpoint({
    ...{ method: 'delete', path: '/v1/recordings/{id}', scope: 'admin', group, params },
    summary: 'Delete a recording and its file',
    answers: { 204: { description: 'Done.' } },
    problems: [404, 503],
  }),
} as const;

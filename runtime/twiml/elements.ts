import {
  bool,
  int,
  intOr,
  keys,
  list,
  method,
  no,
  one,
  partly,
  text,
  url,
  yes,
  type AttributeRule,
  type ElementRule,
  type ElementText,
  type Support,
} from './element-rules';
import { FOREIGN_ELEMENTS } from './foreign-elements';
import { SSML_ELEMENTS, SSML_NAMES } from './ssml-elements';

type Attributes = Readonly<Record<string, AttributeRule>>;

interface More {
  readonly text?: ElementText;
  readonly support?: Support;
  readonly how?: string;
  readonly children?: readonly string[];
}

function element(name: string, attributes: Attributes, more: More = {}): ElementRule {
  return { name, support: 'yes', text: 'none', children: [], ...more, attributes };
}

const reporting: Attributes = { action: yes(url), method: yes(method, 'POST') };
const legs: Attributes = {
  statusCallback: yes(url),
  statusCallbackEvent: yes(list('initiated', 'ringing', 'answered', 'completed'), 'completed'),
  statusCallbackMethod: yes(method, 'POST'),
};
const whisper: Attributes = { url: yes(url), method: yes(method, 'POST') };
const recordings: Attributes = {
  recordingConfigurationId: no(text, 'formats are configured here'),
  recordingStatusCallback: yes(url),
  recordingStatusCallbackEvent: yes(list('in-progress', 'completed', 'absent'), 'completed'),
  recordingStatusCallbackMethod: yes(method, 'POST'),
};
const TRIM = one('trim-silence', 'do-not-trim');
const TRACKS = one('inbound_track', 'outbound_track', 'both_tracks');
const MACHINE_TIMES = 'as our detector measures it';
const machines: Attributes = {
  machineDetection: yes(one('Enable', 'DetectMessageEnd')),
  machineDetectionTimeout: yes(int(3, 59, 's'), '30'),
  machineDetectionSpeechThreshold: partly(MACHINE_TIMES, int(1_000, 6_000, 'ms'), '2400'),
  machineDetectionSpeechEndThreshold: partly(MACHINE_TIMES, int(500, 5_000, 'ms'), '1200'),
  machineDetectionSilenceTimeout: partly(MACHINE_TIMES, int(2_000, 10_000, 'ms'), '5000'),
  amdStatusCallback: yes(url),
  amdStatusCallbackMethod: yes(method, 'POST'),
};

/**
 * Everything that Twilio's typings have for a voice document, by the names of their classes, and what becomes of it
 * here. Whatever reads documents, and the page in docs/, is made from this table.
 */
export const ELEMENTS: Readonly<Record<string, ElementRule>> = {
  ...SSML_ELEMENTS,
  ...FOREIGN_ELEMENTS,
  VoiceResponse: element(
    'Response',
    {},
    {
      children: [
        ...['Connect', 'Dial', 'Echo', 'Enqueue', 'Gather', 'Hangup', 'Leave', 'Pause', 'Pay'],
        ...['Play', 'Prompt', 'Queue', 'Record', 'Redirect', 'Refer', 'Reject', 'Say', 'Sms'],
        ...['Start', 'Stop'],
      ],
    },
  ),
  Client: element(
    'Client',
    { ...whisper, ...legs },
    {
      text: 'text',
      support: 'partly',
      how: 'a user who is registered here',
      children: ['Identity', 'Parameter'],
    },
  ),
  Conference: element(
    'Conference',
    {
      muted: yes(bool, 'false'),
      beep: yes(one('true', 'false', 'onEnter', 'onExit'), 'true'),
      startConferenceOnEnter: yes(bool, 'true'),
      endConferenceOnExit: yes(bool, 'false'),
      participantLabel: yes(text),
      jitterBufferSize: no(one('large', 'medium', 'small', 'off'), 'it adapts by itself'),
      maxParticipants: partly('50 when absent', int(1, 250)),
      record: yes(one('do-not-record', 'record-from-start'), 'do-not-record'),
      region: no(text, 'it is mixed where this server is'),
      trim: no(TRIM, 'nothing is cut off'),
      coach: yes(text),
      waitUrl: partly('the music on hold that is configured when absent', url),
      waitMethod: yes(method, 'POST'),
      statusCallback: yes(url),
      statusCallbackEvent: partly(
        'announcement and modify never happen',
        list(
          ...['start', 'end', 'join', 'leave', 'mute', 'hold', 'modify', 'speaker'],
          'announcement',
        ),
        'start end',
      ),
      statusCallbackMethod: yes(method, 'POST'),
      ...recordings,
      eventCallbackUrl: partly('as statusCallback with start and end, where that is absent', url),
    },
    { text: 'text' },
  ),
  Connect: element('Connect', reporting, {
    children: [
      ...['AiSession', 'Autopilot', 'Conversation', 'ConversationRelay'],
      ...['ConversationRelaySession', 'Room', 'Stream', 'VirtualAgent'],
    ],
  }),
  Dial: element(
    'Dial',
    {
      ...reporting,
      answerOnBridge: yes(bool, 'false'),
      callerId: yes(text),
      events: no(text, 'use statusCallback of the noun'),
      hangupOnStar: yes(bool, 'false'),
      passports: no(text, 'calls are not signed here'),
      record: partly(
        'from the answer on',
        one(
          ...['do-not-record', 'record-from-answer', 'record-from-ringing'],
          ...['record-from-answer-dual', 'record-from-ringing-dual', 'true', 'false'],
        ),
        'do-not-record',
      ),
      ...recordings,
      recordingTrack: no(one('both', 'inbound', 'outbound'), 'always both', 'both'),
      referMethod: no(method, 'a transfer by the callee is carried out', 'POST'),
      referUrl: no(url, 'a transfer by the callee is carried out'),
      ringTone: partly('countries whose tones are known', text),
      sequential: yes(bool, 'false'),
      timeLimit: yes(int(1, 14_400, 's'), '14400'),
      timeout: yes(int(1, 600, 's'), '30'),
      trim: no(TRIM, 'nothing is cut off', 'do-not-trim'),
    },
    {
      text: 'text',
      children: [
        ...['Application', 'Client', 'Conference', 'Number', 'Queue', 'Sim', 'Sip', 'WhatsApp'],
      ],
    },
  ),
  Echo: element('Echo', {}),
  Enqueue: element(
    'Enqueue',
    {
      ...reporting,
      maxQueueSize: partly('what is configured for the queue when absent', int(1, 5_000)),
      waitUrl: partly('the music on hold that is configured when absent', url),
      waitUrlMethod: yes(method, 'POST'),
      workflowSid: no(text, 'there are no task routers here; name a queue'),
    },
    { text: 'text', children: ['Task'] },
  ),
  Gather: element(
    'Gather',
    {
      action: yes(url, ''),
      actionOnEmptyResult: yes(bool, 'false'),
      bargeIn: yes(bool, 'true'),
      debug: no(bool, 'look at the log of the call', 'false'),
      enhanced: no(bool, 'see speechModel', 'false'),
      finishOnKey: yes(keys, '#'),
      hints: yes(text),
      input: yes(list('dtmf', 'speech'), 'dtmf'),
      language: partly('that of the call when absent', text),
      maxSpeechTime: no(int(1, 600, 's'), 'the recogniser decides; see speechTimeout'),
      method: yes(method, 'POST'),
      numDigits: yes(int(1)),
      partialResultCallback: yes(url),
      partialResultCallbackMethod: yes(method, 'POST'),
      profanityFilter: partly('where the recogniser has one', bool, 'true'),
      speechModel: partly('as the recogniser knows it', text),
      speechTimeout: yes(intOr(['auto'], 1, 's')),
      timeout: yes(int(0, undefined, 's'), '5'),
    },
    { children: ['Pause', 'Play', 'Say'] },
  ),
  Hangup: element('Hangup', {}, { children: ['Parameter'] }),
  Header: element('Header', { name: yes(text), value: yes(text) }),
  Headers: element('Headers', {}, { children: ['Header'] }),
  Identity: element('Identity', {}, { text: 'text' }),
  Leave: element('Leave', {}),
  Number: element(
    'Number',
    {
      ...whisper,
      ...legs,
      ...machines,
      byoc: no(text, 'numbers go by the trunk that is configured'),
      sendDigits: yes(text),
    },
    { text: 'text' },
  ),
  Parameter: element(
    'Parameter',
    { name: yes(text), value: yes(text) },
    { support: 'partly', how: 'of <Stream> and <Client>' },
  ),
  Pause: element('Pause', { length: yes(int(1, undefined, 's'), '1') }),
  Play: element(
    'Play',
    {
      digits: partly('not within <Gather>', text),
      loop: partly('within <Gather> at most 100 times', int(0), '1'),
    },
    { text: 'text' },
  ),
  Queue: element(
    'Queue',
    {
      ...whisper,
      postWorkActivitySid: no(text, 'there are no task routers here'),
      reservationSid: no(text, 'there are no task routers here'),
    },
    { text: 'text', support: 'partly', how: 'within <Dial>' },
  ),
  Record: element('Record', {
    ...reporting,
    action: yes(url, ''),
    finishOnKey: yes(keys, '1234567890*#'),
    maxLength: yes(int(1, 14_400, 's'), '3600'),
    playBeep: yes(bool, 'true'),
    ...recordings,
    timeout: yes(int(0, undefined, 's'), '5'),
    transcribe: no(bool, 'use <Gather> with speech', 'false'),
    transcribeCallback: no(url, 'use <Gather> with speech'),
    trim: yes(TRIM, 'trim-silence'),
  }),
  Recording: element(
    'Recording',
    {
      channels: yes(one('mono', 'dual'), 'dual'),
      name: yes(text),
      ...recordings,
      track: no(one('inbound', 'outbound', 'both'), 'always both', 'both'),
      trim: no(TRIM, 'nothing is cut off'),
    },
    { support: 'partly', how: 'also within <Stop>, by its name' },
  ),
  Redirect: element('Redirect', { method: yes(method, 'POST') }, { text: 'text' }),
  Refer: element('Refer', reporting, { children: ['ReferSip'] }),
  ReferSip: element('Sip', {}, { text: 'text' }),
  Reject: element(
    'Reject',
    { reason: yes(one('rejected', 'busy'), 'rejected') },
    { children: ['Parameter'] },
  ),
  Say: element(
    'Say',
    {
      language: partly('that of the call when absent', text),
      loop: partly('within <Gather> at most 100 times', int(0), '1'),
      voice: partly('see “Voices”', text),
    },
    { text: 'ssml', children: SSML_NAMES },
  ),
  Sip: element(
    'Sip',
    { ...whisper, ...legs, ...machines, username: yes(text), password: yes(text) },
    { text: 'text', children: ['Headers', 'SipUri'] },
  ),
  SipUri: element(
    'Uri',
    {
      priority: partly('the lowest comes first', int(0)),
      weight: no(int(0), 'those of one priority come in the order of the document'),
      username: yes(text),
      password: yes(text),
    },
    { text: 'text' },
  ),
  Start: element(
    'Start',
    {
      action: no(url, 'nothing is reported of a beginning'),
      method: no(method, undefined, 'POST'),
    },
    { children: ['Recording', 'Siprec', 'Stream', 'Transcription'] },
  ),
  Stop: element('Stop', {}, { children: ['Recording', 'Siprec', 'Stream', 'Transcription'] }),
  Stream: element(
    'Stream',
    {
      audioFormat: partly('audio/x-mulaw, audio/x-l16', text),
      connectorName: no(text, 'there are no connectors here; use url'),
      name: yes(text),
      sampleRate: partly('8000, 16000, 24000', text),
      statusCallback: yes(url),
      statusCallbackMethod: yes(method, 'POST'),
      track: yes(TRACKS, 'inbound_track'),
      url: partly('absolute alone', text),
    },
    { children: ['Parameter'] },
  ),
};

import {
  bool,
  int,
  list,
  method,
  no,
  one,
  text,
  url,
  type AttributeRule,
  type AttributeType,
  type ElementRule,
} from './element-rules';

type Attributes = Readonly<Record<string, AttributeType>>;

/** Services of Twilio's that a telephone server does not have: a warning, and what follows goes on. */
function foreign(
  name: string,
  how: string,
  attributes: Attributes,
  children: readonly string[] = [],
): ElementRule {
  const rules: Record<string, AttributeRule> = {};
  for (const [attribute, type] of Object.entries(attributes)) rules[attribute] = no(type);
  return { name, support: 'no', how, text: 'text', attributes: rules, children };
}

const status: Attributes = { statusCallback: url, statusCallbackMethod: method };
const legEvents: Attributes = {
  ...status,
  statusCallbackEvent: list('initiated', 'ringing', 'answered', 'completed'),
};
const PAYMENT = 'no payments are taken here';
const CARDS = list(
  ...['visa', 'mastercard', 'amex', 'maestro', 'discover', 'optima', 'jcb'],
  ...['diners-club', 'enroute'],
);

export const FOREIGN_ELEMENTS = {
  AiSession: foreign('AiSession', 'a service of Twilio’s; use <Stream>', {
    aiConnector: text,
    aiSessionConfiguration: text,
  }),
  Application: foreign(
    'Application',
    'there are no applications here; redirect to the URL',
    { ...legEvents, copyParentTo: bool, customerId: text, method, url },
    ['ApplicationSid', 'Parameter'],
  ),
  ApplicationSid: foreign('ApplicationSid', 'there are no applications here', {}),
  Autopilot: foreign('Autopilot', 'a service of Twilio’s; use <Stream>', {}),
  Config: foreign('Config', 'of services of Twilio’s', { name: text, value: text }),
  Conversation: foreign('Conversation', 'a service of Twilio’s; use <Dial>', {
    ...status,
    inboundAutocreation: bool,
    inboundTimeout: int(0),
    method,
    record: text,
    recordingStatusCallback: url,
    recordingStatusCallbackEvent: list('in-progress', 'completed', 'absent'),
    recordingStatusCallbackMethod: method,
    routingAssignmentTimeout: int(0),
    serviceInstanceSid: text,
    statusCallbackEvent: list('call-initiated', 'call-ringing', 'call-answered', 'call-completed'),
    trim: text,
    url,
  }),
  ConversationRelay: foreign(
    'ConversationRelay',
    'a service of Twilio’s; use <Stream>, or <Gather> with speech',
    {
      backgroundnoisereduction: text,
      debug: text,
      deepgramsmartformat: text,
      dtmfDetection: bool,
      elevenlabsTextNormalization: text,
      events: text,
      hints: text,
      ignorebackchannel: text,
      intelligenceService: text,
      interruptSensitivity: text,
      interruptible: text,
      language: text,
      partialPrompts: bool,
      preemptible: bool,
      profanityFilter: bool,
      reportInputDuringAgentSpeech: text,
      speechModel: text,
      speechtimeout: text,
      transcriptionLanguage: text,
      transcriptionProvider: text,
      ttsLanguage: text,
      ttsProvider: text,
      url: text,
      voice: text,
      welcomeGreeting: text,
      welcomeGreetingInterruptible: text,
    },
    ['Language', 'Parameter'],
  ),
  ConversationRelaySession: foreign(
    'ConversationRelaySession',
    'a service of Twilio’s; use <Stream>',
    { connector: text, sessionConfiguration: text },
  ),
  Language: foreign('Language', 'of <ConversationRelay>', {
    code: text,
    speechModel: text,
    transcriptionProvider: text,
    ttsProvider: text,
    voice: text,
  }),
  Pay: foreign(
    'Pay',
    PAYMENT,
    {
      ...status,
      action: url,
      bankAccountType: text,
      chargeAmount: text,
      currency: text,
      description: text,
      input: text,
      language: text,
      maxAttempts: int(0),
      minPostalCodeLength: int(0),
      paymentConnector: text,
      paymentMethod: text,
      postalCode: text,
      securityCode: bool,
      timeout: int(0, undefined, 's'),
      tokenType: text,
      validCardTypes: CARDS,
    },
    ['Parameter', 'Prompt'],
  ),
  Prompt: foreign(
    'Prompt',
    PAYMENT,
    {
      attempt: text,
      cardType: CARDS,
      errorType: text,
      for: text,
      requireMatchingInputs: bool,
    },
    ['Pause', 'Play', 'Say'],
  ),
  Room: foreign('Room', 'no video here; use <Conference>', { participantIdentity: text }),
  Sim: foreign('Sim', 'no SIM cards here; use <Number>', {}),
  Siprec: foreign(
    'Siprec',
    'no recording servers here; use <Recording> or <Stream>',
    {
      ...status,
      connectorName: text,
      name: text,
      track: one('inbound_track', 'outbound_track', 'both_tracks'),
    },
    ['Parameter'],
  ),
  Sms: foreign('Sms', 'no messages are sent here', {
    action: url,
    from: text,
    method,
    statusCallback: url,
    to: text,
  }),
  Task: foreign('Task', 'there are no task routers here; name a queue', {
    priority: int(0),
    timeout: int(0, undefined, 's'),
  }),
  Transcription: foreign(
    'Transcription',
    'use <Stream>, or <Gather> with speech',
    {
      enableAutomaticPunctuation: bool,
      hints: text,
      inboundTrackLabel: text,
      intelligenceService: text,
      languageCode: text,
      name: text,
      outboundTrackLabel: text,
      partialResults: bool,
      profanityFilter: bool,
      speechModel: text,
      statusCallbackMethod: method,
      statusCallbackUrl: url,
      track: one('inbound_track', 'outbound_track', 'both_tracks'),
      transcriptionEngine: text,
    },
    ['Config', 'Parameter'],
  ),
  VirtualAgent: foreign(
    'VirtualAgent',
    'a service of Twilio’s; use <Stream>',
    { ...status, connectorName: text, language: text, sentimentAnalysis: bool },
    ['Config', 'Parameter'],
  ),
  WhatsApp: foreign('WhatsApp', 'no WhatsApp here; use <Number>', { ...legEvents, method, url }),
} as const satisfies Readonly<Record<string, ElementRule>>;

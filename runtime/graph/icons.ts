import type { BoxKind } from './picture';

/** Signs of what a state does: paths within 16 by 16, drawn with a line of 1.6. */
export const icons: Readonly<Record<BoxKind, string>> = {
  // A loudspeaker.
  play: 'M2 6h3l4-3.5v11L5 10H2zM11.3 5.4a3.6 3.6 0 0 1 0 5.2M13.2 3.5a6.4 6.4 0 0 1 0 9',
  // The keys of a telephone.
  gather:
    'M3 2.5h2v2H3zM7 2.5h2v2H7zM11 2.5h2v2h-2zM3 7h2v2H3zM7 7h2v2H7zM11 7h2v2h-2zM3 11.5h2v2H3zM7 11.5h2v2H7zM11 11.5h2v2h-2z',
  // A microphone.
  record:
    'M8 1.8a2 2 0 0 1 2 2v4a2 2 0 0 1-4 0v-4a2 2 0 0 1 2-2zM3.6 7.6a4.4 4.4 0 0 0 8.8 0M8 12v2.4M5.4 14.4h5.2',
  // A receiver.
  call: 'M3.2 2.2l2.4-.4 1.3 3.2-1.6 1.4a8.5 8.5 0 0 0 4.300 4.300l1.400-1.600 3.200 1.300-.4 2.400c-6 .8-11.400-4.600-10.600-10.600z',
  // An arrow out of a door.
  leave: 'M9.500 2.500h-6.500v11h6.500M6.500 8h7.500M11.200 5.200L14 8l-2.800 2.800',
  // A clock.
  wait: 'M8 1.800a6.200 6.200 0 1 1 0 12.400a6.200 6.200 0 0 1 0-12.400zM8 4.500V8l2.600 1.600',
  // Waves of sound.
  listen: 'M2 6.500v3M5 4v8M8 2v12M11 4v8M14 6.500v3',
  // Braces: code of the flow's own.
  own: 'M6 2.500c-2.500 0-1 4.500-3 5.500 2 1 .5 5.500 3 5.500M10 2.500c2.500 0 1 4.500 3 5.500-2 1-.5 5.500-3 5.500',
  // A fork in the way.
  decide: 'M8 14V9L3 3.500M8 9l5-5.500M3 6.500v-3h3M13 6.500v-3h-3',
  // Boxes in a box.
  group: 'M2 2.500h12v11H2zM4.500 5.500h3v3h-3zM9 8h2.800v2.800H9z',
  final:
    'M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM8 5.200a2.800 2.800 0 1 1 0 5.600a2.800 2.800 0 0 1 0-5.600z',
  history: 'M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM6 5v6M10 5v6M6 8h4',
  rest: 'M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12z',
};

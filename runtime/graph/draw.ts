import { drawDot } from './dot';
import { layOut } from './layout';
import { drawMermaid } from './mermaid';
import type { Picture } from './picture';
import { drawPng } from './png';
import { drawSvg } from './svg';

export const formats = ['svg', 'png', 'dot', 'mmd'] as const;

export type Format = (typeof formats)[number];

export interface Drawn {
  readonly data: string | Buffer;
  /** Drawn in a simpler way, because the flow is large. */
  readonly simplified: boolean;
}

/** The picture as a file. The same picture gives the same bytes. `scale` is for PNG: dots to a length of the picture. */
export async function draw(picture: Picture, format: Format, scale = 2): Promise<Drawn> {
  if (format === 'dot') return { data: drawDot(picture), simplified: false };
  if (format === 'mmd') return { data: drawMermaid(picture), simplified: false };
  const layout = await layOut(picture);
  const svg = drawSvg(layout);
  return { data: format === 'png' ? drawPng(svg, scale) : svg, simplified: layout.simplified };
}

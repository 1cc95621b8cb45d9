import { Resvg } from '@resvg/resvg-js';
import { CallchartError } from '../core/errors';
import { fontFiles } from './text';

/** Of a picture in dots: more would take a gigabyte of memory. */
const mostDots = 200_000_000;

/**
 * A PNG of an SVG, `scale` dots to each of its lengths. The fonts are those that it was measured with.
 *
 * @throws {CallchartError} `CALLCHART_PICTURE_TOO_LARGE`
 */
export function drawPng(svg: string, scale: number): Buffer {
  const image = new Resvg(svg, {
    font: {
      loadSystemFonts: false,
      fontFiles: Object.values(fontFiles),
      defaultFontFamily: 'DejaVu Sans',
    },
    fitTo: { mode: 'zoom', value: scale },
  });
  if (image.width * scale * image.height * scale > mostDots) {
    throw new CallchartError(
      'CALLCHART_PICTURE_TOO_LARGE',
      `the picture would have ${Math.round(image.width * scale)} by ${Math.round(image.height * scale)} dots: give a smaller --scale, or write an .svg`,
    );
  }
  return image.render().asPng();
}

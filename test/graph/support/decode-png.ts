import { Resvg } from '@resvg/resvg-js';

export interface Decoded {
  readonly width: number;
  readonly height: number;
  /** `level` is 0 for black, 255 for white. */
  readonly dots: readonly { readonly x: number; readonly y: number; readonly level: number }[];
}

/** The dots of a PNG: it is drawn once more, as an image. */
export function decodePng(png: Buffer): Decoded {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const data = `data:image/png;base64,${png.toString('base64')}`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><image width="${width}" height="${height}" href="${data}"/></svg>`;
  const { pixels } = new Resvg(svg, { font: { loadSystemFonts: false } }).render();
  const dots = Array.from({ length: width * height }, (_, index) => {
    const [red = 0, green = 0, blue = 0] = pixels.subarray(4 * index, 4 * index + 3);
    return { x: index % width, y: Math.floor(index / width), level: (red + green + blue) / 3 };
  });
  return { width, height, dots };
}

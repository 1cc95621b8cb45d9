/** The nearest value that a 16-bit sample may have. */
export function clip16(value: number): number {
  return value > 32_767 ? 32_767 : value < -32_768 ? -32_768 : value;
}

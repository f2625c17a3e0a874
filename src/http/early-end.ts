/** The stream ended as if complete, but bytes are missing: treated as a connection that was cut. */
export class EarlyEndError extends Error {
  readonly code = 'ECONNRESET'

  constructor(receivedBytes: number, sizeBytes: number) {
    super(`the stream ended after ${receivedBytes} of ${sizeBytes} bytes`)
  }
}

/**
 * What is to be written, as it comes from the download or from a patch. `read` gives its bytes from an
 * offset on, in pieces of any size; it may throw, and its bytes are checked again here.
 */
export type Content = {
  readonly sizeBytes: number
  /** Hexadecimal. */
  readonly sha256: string
  read(offsetBytes: number): AsyncIterable<Uint8Array>
}

/** The content of a release's slot. */
export type SlotContents = {
  readonly usr: Content
  readonly verity: Content
  readonly signature?: Content
}

import type { Readable, Writable } from 'node:stream'

/** Whoever is attached: where output goes, and where input comes from if it can send any. */
export type Client = { readonly output: Writable; readonly input: Readable | undefined }

/**
 * The content of a patch, under zstd: the magic, then segments. Each makes the next bytes of the target and
 * stands for itself: four unsigned 32-bit little-endian numbers (bytes that it makes, bytes of its
 * operations, of its differences, of its literals), then these three parts.
 *
 * An operation is a variable-length number, `length * 4 + kind`, and for `copy` and `add` another one: how
 * far the place in the seed is from where the last operation of this segment ended in it (at the segment's
 * start: 0), n as 2n, -n as 2n - 1. Variable-length numbers have 7 bits a byte, the lowest first, and the
 * top bit set in all bytes but the last.
 */
export const PATCH_MAGIC = 'slipway patch 1\n'

export const SEGMENT_HEADER_BYTES = 16
/** A segment makes no more than this, so that a host never holds more. */
export const SEGMENT_BYTES = 1 << 20
/** Base 2 logarithm of zstd's window, for patches and whatever else is compressed for the line. */
export const WINDOW_LOG = 23

export const operationKinds = ['copy', 'add', 'literal'] as const
export type OperationKind = (typeof operationKinds)[number]

import { defineErrors } from './error.ts'

const fallback =
  'The host goes on with the next cheapest way, at last with the full image. Nothing needs to be done; a delta that fails on many hosts should be made anew with the next release.'

/** Errors of bringing a release to a host by less than its full images. */
export const updateDeltaErrors = defineErrors({
  SLIPWAY_UPDATE_DELTA_DAMAGED: {
    message: '{what} cannot be used: {reason}',
    next: fallback,
  },
  SLIPWAY_UPDATE_DELTA_SEED_UNREADABLE: {
    message: 'What runs cannot be read from {path}, to make the new release of it: {reason}',
    next: `${fallback} If it comes again, look at the health of the disk.`,
  },
  SLIPWAY_UPDATE_DELTA_NOT_STORED: {
    message: 'A file of the release could not be stored in {directory}: {reason}',
    next: `${fallback} If the disk is full, make room in /var.`,
  },
  SLIPWAY_UPDATE_RANGES_REFUSED: {
    message: '{server} gave something else than the asked part of {target}: {reason}',
    next: `${fallback} Chunks need a server that answers range requests.`,
  },
})

/** Where the engine keeps what it must remember, inside the target root. */

/** Made last: while it is missing, the host is not provisioned. */
export const markerPath = '/var/lib/slipway/provisioned'

/** Made last where root is on another file system: while it is there, the boot disk's own root only tells which. */
export const rootPointerPath = '/var/lib/slipway/root.json'

/** Beside that, where what root is on is opened by tang servers: the initrd has a network then, at every boot. */
export const rootNeedsNetworkPath = '/var/lib/slipway/root-needs-network'

/** What must not be done again in a run after a power loss. */
export const journalPath = '/var/lib/slipway/provisioning.json'

/** What was fetched for files that are not made yet. */
export const downloadsPath = '/var/lib/slipway/provisioning-downloads'

/** The reference implementation's report, for programs that look for it. */
export const resultPath = '/etc/.ignition-result.json'

/** Below a user's home directory: the reference implementation's place, beside what people write. */
export const authorizedKeysPath = '.ssh/authorized_keys.d/ignition'

export const presetPath = '/etc/systemd/system-preset/20-ignition.preset'

export const unitDirectory = '/etc/systemd/system'

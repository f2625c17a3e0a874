import { type Difference, difference, reads } from './difference.ts'

const node = String.raw`\$\.storage\.(?:files|directories|links)\.#`

/** What only Debian’s ignition-validate says of a config. */
export const saidByReference: readonly Difference[] = [
  difference(reads.duplicate, 'reference', 'error', /^duplicate entry defined$/, /\.#$/),
  difference(
    reads.missing,
    'reference',
    'error',
    /^(?:path not specified|disk device is required|HTTP header name can't be empty|unrecognized raid level|link target is required)$/,
    /\.#\.(?:path|device|name|level|target)$/,
  ),
  difference(
    reads.missing,
    'reference',
    'error',
    /^invalid systemd (?:unit|drop-in) extension$/,
    /^\$\.systemd\.units\.#(?:\.dropins\.#)?\.name$/,
  ),
  difference(
    reads.scheme,
    'reference',
    'error',
    /^(?:invalid url scheme$|unable to parse url$|invalid character for media type$|missing comma before data$|rfc2396: |illegal base64 data )/,
    /^\$\.ignition\.(?:config\.merge|security\.tls\.certificateAuthorities)\.#$/,
  ),
  difference(
    reads.missing,
    'reference',
    'error',
    /^invalid url scheme$/,
    /^\$\.ignition\.security\.tls\.certificateAuthorities\.#\.source$/,
  ),
  difference(
    reads.kept,
    'reference',
    'error',
    /^cannot use HTTP headers with this source scheme$/,
    /^\$\.ignition\.config\.(?:replace|merge\.#)\.httpHeaders$/,
  ),
  difference(
    reads.range,
    'reference',
    'error',
    /^spares unsupported for linear and raid0 arrays$/,
    /^\$\.storage\.raid\.#\.level$/,
  ),
  difference(
    'Unnumbered partitions beside deletions, which later releases allow.',
    'reference',
    'error',
    /^shouldExist is false for a partition and other partition/,
    /^\$\.storage\.disks\.#\.partitions$/,
  ),
  difference(
    'Nothing is said of paths below a link with an empty path, which has a problem of its own.',
    'reference',
    'error',
    /^\w+ path includes link in config$/,
    new RegExp(`^${node}$`),
  ),
  difference(
    'The reference’s record of places does not follow null items and other cases of keys.',
    'reference',
    'warning',
    /^context tree does not match content tree/,
    /^\$\./,
  ),
  difference(
    'Nothing is said of the sections of a unit with a mistake in its syntax.',
    'reference',
    'warning',
    /is enabled, but has no install section/,
    /^\$\.systemd\.units\.#\.contents$/,
  ),
  difference(
    'One problem for a URL that cannot be parsed; the reference has it at its headers too.',
    'reference',
    'error',
    /^unable to parse url$/,
    /^\$\.ignition\..*\.httpHeaders$/,
  ),
  difference(
    'The field is called keyFile.',
    'reference',
    'error',
    /^invalid key-file source$/,
    /^\$\.storage\.luks\.#\.keys$/,
  ),
  difference(
    reads.unread,
    'reference',
    'error',
    /^cannot set both id and name$/,
    /\.(?:user|group)$/,
  ),
  difference(
    reads.unread,
    'reference',
    'error',
    /^raid devices required$/,
    /^\$\.storage\.raid\.#\.devices$/,
  ),
  difference(
    reads.unread,
    'reference',
    'error',
    /^shouldExist specified false with other options/,
    /^\$\.storage\.disks\.#\.partitions\.#$/,
  ),
]

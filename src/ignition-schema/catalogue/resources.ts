import { error, ownError, warning } from './definition.ts'

/** What is fetched: sources, hashes, headers, proxies. */
export const resourceProblems = {
  IGNITION_SOURCE_REQUIRED: error('ErrSourceRequired', 'there is nothing to fetch', 'a source'),
  IGNITION_SOURCE_SCHEME: error(
    'ErrInvalidScheme',
    'the source is no URL of a known scheme',
    'one of {schemes}',
  ),
  IGNITION_SOURCE_URL: error(
    'ErrInvalidUrl',
    'the source cannot be parsed',
    'a URL such as https://host/path',
  ),
  IGNITION_S3_VERSION: error(
    'ErrInvalidS3ObjectVersionId',
    'versionId is empty',
    '?versionId= with the version of the object',
  ),
  IGNITION_S3_ARN: error(
    'ErrInvalidS3ARN',
    'not the ARN of an object in S3',
    'arn:aws:s3:::bucket/key, or arn:aws:s3:region:account:accesspoint/name/object/key',
  ),
  IGNITION_DATA_URL: error(
    'the decoder’s own',
    '{mistake}',
    'data:[type][;base64],data with percent-encoding',
  ),
  IGNITION_COMPRESSION: error('ErrCompressionInvalid', 'unknown compression', '"gzip" or null'),
  IGNITION_HASH_MALFORMED: error('ErrHashMalformed', 'the hash has no function', '{functions}'),
  IGNITION_HASH_FUNCTION: error(
    'ErrHashUnrecognized',
    'the hash function is not known',
    '{functions}',
  ),
  IGNITION_HASH_LENGTH: error('ErrHashWrongSize', 'the hash has {digits} digits', '{functions}'),
  IGNITION_HASH_DIGITS: ownError('the hash has characters that are not hex digits', '{functions}'),
  IGNITION_VERIFICATION_WITHOUT_SOURCE: error(
    'ErrVerificationAndNilSource',
    'there is nothing to verify',
    'a source beside it',
  ),
  IGNITION_HEADERS_SCHEME: error(
    ['ErrUnsupportedSchemeForHTTPHeaders', 'ErrInvalidUrl'],
    'headers without an HTTP source',
    'an http or https source',
  ),
  IGNITION_HEADER_NAME: error('ErrEmptyHTTPHeaderName', 'the name is empty', 'a header name'),
  IGNITION_HEADER_VALUE: error(
    'ErrInvalidHTTPHeader',
    'the value is empty',
    'a header value, or null',
  ),
  IGNITION_PROXY_URL: error('ErrInvalidUrl', 'the proxy cannot be parsed', 'http(s)://host:port'),
  IGNITION_PROXY_SCHEME: error(
    'ErrInvalidProxy',
    'the proxy is no URL of a known scheme',
    'http(s)://host:port',
  ),
  IGNITION_PROXY_PLAINTEXT: warning(
    'ErrInsecureProxy',
    'what goes to this proxy for HTTPS is not encrypted on the way to it',
    'an https proxy',
  ),
}

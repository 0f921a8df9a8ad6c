import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeError, type Remedy } from '../../../domain/wizard-error.ts';
import { route53Error } from './route53-error.ts';

const setting = { doing: 'registering app-shop-7', restMs: () => 1_234 };

/** As the SDK throws it. */
const answered = (code: string, status = 400, message = 'in the words of Route 53'): Error =>
  Object.assign(new Error(message), {
    name: code,
    $fault: status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status },
  });

const meanings: readonly (readonly [codes: readonly string[], code: string, remedy: Remedy])[] = [
  [['SignatureDoesNotMatch', 'InvalidClientTokenId', 'MissingAuthenticationToken'], 'dns/refused-key', 'fix-setup'],
  [['IncompleteSignature', 'UnrecognizedClientException', 'InvalidAccessKeyId'], 'dns/refused-key', 'fix-setup'],
  [['RequestExpired', 'ExpiredToken', 'ExpiredTokenException'], 'dns/expired-key', 'fix-setup'],
  [['AccessDenied', 'AccessDeniedException', 'NotAuthorizedException'], 'dns/not-allowed', 'fix-setup'],
  [['NoSuchHostedZone'], 'dns/no-zone', 'fix-setup'],
  [['LimitsExceeded'], 'dns/zone-full', 'fix-setup'],
  [['Throttling', 'ThrottlingException', 'RequestLimitExceeded'], 'dns/throttled', 'try-again'],
  [['PriorRequestNotComplete'], 'dns/busy', 'try-again'],
  // Whether it was about a change of somebody else is found out where the change was made.
  [['InvalidChangeBatch'], 'dns/changed', 'try-again'],
  [['InvalidInput', 'NoSuchHealthCheck', 'SomethingNew', 'constructor'], 'dns/bad-setting', 'fix-setup'],
];

for (const [codes, code, remedy] of meanings) {
  test(`${codes.join(', ')}: ${code}, ${remedy}`, () => {
    for (const one of codes) {
      const error = route53Error(answered(one), setting);
      assert.deepEqual([error.code, error.remedy], [code, remedy], one);
      assert.ok(error.message.includes(one) && error.message.startsWith('registering app-shop-7: '), error.message);
      if (remedy === 'fix-setup') assert.match(error.hint ?? '', /under dns|AWS/, one);
    }
  });
}

test('what is tried again rests as long as it says', () => {
  assert.equal(route53Error(answered('Throttling'), setting).afterMs, 1_234);
  assert.equal(route53Error(answered('SomethingNew', 429), setting).afterMs, 1_234);
  assert.equal(route53Error(answered('PriorRequestNotComplete'), setting).afterMs, 2_000);
  assert.equal(route53Error(answered('InvalidChangeBatch'), setting).afterMs, 1_000);
});

test('an error of Route 53 itself is tried again, whatever it is called', () => {
  for (const one of ['InternalFailure', 'ServiceUnavailable', 'SomethingNew']) {
    const { code, remedy } = route53Error(answered(one, 503), setting);
    assert.deepEqual([code, remedy], ['dns/trouble', 'try-again'], one);
  }
});

test('a refused signature is not explained: the text holds what was signed', () => {
  const error = route53Error(answered('SignatureDoesNotMatch', 403, 'x-amz-security-token: secret'), setting);
  assert.ok(!describeError(error).includes('secret'));
});

test('kilobytes of explanation are cut', () => {
  const error = route53Error(answered('AccessDenied', 403, 'x'.repeat(5_000)), setting);
  assert.ok(describeError(error).length < 700);
});

test('no key, no connection and an answer that cannot be read are told apart', () => {
  const noKey = Object.assign(new Error('no provider'), { name: 'CredentialsProviderError' });
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const slow = Object.assign(new Error('too slow'), { name: 'TimeoutError' });
  const unread = Object.assign(new SyntaxError('not XML'), { $fault: 'server', $metadata: { httpStatusCode: 200 } });
  const meaning = (error: unknown) => [route53Error(error, setting).code, route53Error(error, setting).remedy];
  assert.deepEqual(meaning(noKey), ['dns/no-key', 'fix-setup']);
  assert.deepEqual(meaning(refused), ['dns/unreachable', 'try-again']);
  assert.deepEqual(meaning(slow), ['dns/unreachable', 'try-again']);
  assert.deepEqual(meaning(unread), ['dns/unexpected-answer', 'try-again']);
});

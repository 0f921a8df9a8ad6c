import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeError, type Remedy } from '../../domain/wizard-error.ts';
import { ec2Error } from './ec2-error.ts';
import { throttle } from './throttle.ts';

const setting = { doing: 'starting shop-7', machine: 'preview', afterMs: () => 1_234 };

/** As the SDK throws it. */
const answered = (code: string, status = 400, message = 'in the words of EC2'): Error =>
  Object.assign(new Error(message), {
    name: code,
    $fault: status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status },
  });

const meanings: readonly (readonly [codes: readonly string[], code: string, remedy: Remedy])[] = [
  [['AuthFailure', 'SignatureDoesNotMatch', 'InvalidClientTokenId'], 'ec2/refused-key', 'fix-setup'],
  [['RequestExpired', 'ExpiredToken', 'ExpiredTokenException'], 'ec2/expired-key', 'fix-setup'],
  [['UnauthorizedOperation', 'OptInRequired', 'Blocked', 'PendingVerification'], 'ec2/not-allowed', 'fix-setup'],
  [['RequestLimitExceeded', 'Throttling', 'EC2ThrottledException'], 'ec2/throttled', 'try-again'],
  [['InsufficientInstanceCapacity', 'SpotMaxPriceTooLow'], 'ec2/no-capacity', 'try-again'],
  [['InstanceLimitExceeded', 'VcpuLimitExceeded', 'MaxSpotInstanceCountExceeded'], 'ec2/quota', 'fix-setup'],
  [['InsufficientFreeAddressesInSubnet'], 'ec2/no-addresses', 'fix-setup'],
  [['Unsupported'], 'ec2/not-offered', 'fix-setup'],
  [['IdempotentParameterMismatch'], 'ec2/token-mismatch', 'try-again'],
  [['IdempotentInstanceTerminated'], 'ec2/spent', 'try-again'],
  [['InvalidInstanceID.NotFound'], 'ec2/not-listed', 'try-again'],
  [['IncorrectInstanceState'], 'ec2/wrong-state', 'try-again'],
  [['OperationNotPermitted'], 'ec2/protected', 'fix-setup'],
  [['UnsupportedOperation'], 'ec2/unsupported', 'fix-setup'],
  [['InternalError', 'Unavailable', 'ServiceUnavailable'], 'ec2/trouble', 'try-again'],
  [['InvalidAMIID.NotFound', 'InvalidParameterValue', 'SomethingNew', 'constructor'], 'ec2/bad-setting', 'fix-setup'],
];

for (const [codes, code, remedy] of meanings) {
  test(`${codes.join(', ')}: ${code}, ${remedy}`, () => {
    for (const one of codes) {
      const error = ec2Error(answered(one), setting);
      assert.deepEqual([error.code, error.remedy], [code, remedy], one);
      assert.ok(error.message.includes(one) && error.message.startsWith('starting shop-7: '), error.message);
    }
  });
}

test('what fix-setup asks for names the entry in wizard.yml or what to do at AWS', () => {
  for (const [codes, , remedy] of meanings) {
    if (remedy !== 'fix-setup') continue;
    for (const one of codes)
      assert.match(ec2Error(answered(one), setting).hint ?? '', /preview|AWS|instance|machine/, one);
  }
});

test('an unknown code with a status of trouble is tried again', () => {
  assert.equal(ec2Error(answered('SomethingNew', 503), setting).code, 'ec2/trouble');
  assert.equal(ec2Error(answered('SomethingNew', 429), setting).afterMs, 1_234);
});

test('a refused signature is not explained: the text holds what was signed', () => {
  const error = ec2Error(answered('SignatureDoesNotMatch', 403, 'x-amz-security-token: secret'), setting);
  assert.ok(!describeError(error).includes('secret'));
});

test('kilobytes of explanation are cut', () => {
  const error = ec2Error(answered('UnauthorizedOperation', 403, 'x'.repeat(5_000)), setting);
  assert.ok(describeError(error).length < 700);
});

test('a connection that failed, and an answer that cannot be read, are tried again', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const slow = Object.assign(new Error('too slow'), { name: 'TimeoutError' });
  const unread = Object.assign(new SyntaxError('not XML'), { $fault: 'server', $metadata: { httpStatusCode: 200 } });
  assert.equal(ec2Error(refused, setting).code, 'ec2/unreachable');
  assert.equal(ec2Error(slow, setting).code, 'ec2/unreachable');
  assert.equal(ec2Error(unread, setting).code, 'ec2/unexpected-answer');
});

test('an account that asks too often rests longer and longer, and not all of it comes back at once', () => {
  const slower = throttle();
  const rests = Array.from({ length: 40 }, () => slower.throttled('starting shop-7'));
  assert.ok(rests.every((ms) => ms >= 1_000 && ms <= 90_000));
  assert.ok(Math.min(...rests.slice(-4)) > Math.max(...rests.slice(0, 4)));
  assert.ok(new Set(rests).size > 20);
  slower.answered();
  assert.ok(slower.throttled('starting shop-7') <= 3_000);
});

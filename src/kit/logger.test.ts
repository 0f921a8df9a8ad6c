import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WizardError } from '../domain/wizard-error.ts';
import { createLogger, type LoggerOptions } from './logger.ts';
import { createRedactor } from './redact.ts';
import { Secret } from './secret.ts';

const logging = (more: Partial<LoggerOptions> = {}) => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', style: 'json', write: (line) => lines.push(line), ...more });
  return { log, lines };
};

test('a line is one JSON object with time, level, event and fields', () => {
  const { log, lines } = logging();
  log.info('machine.create', { environment: 'shop-7' });
  const { time, ...rest } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual(rest, { level: 'info', event: 'machine.create', environment: 'shop-7' });
  assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('lines below the level are not written', () => {
  const { log, lines } = logging();
  log.debug('noise');
  log.warn('news');
  assert.equal(lines.length, 1);
});

test('a known secret never gets out, in whatever field and depth', () => {
  const redactor = createRedactor();
  redactor.add(new Secret('canary-4711'));
  const { log, lines } = logging({ redact: redactor.redact });
  log.info('a.canary-4711', { deep: [{ deeper: 'x canary-4711' }], error: new Error('with canary-4711') });
  log.info('object', { token: new Secret('not registered') });
  assert.doesNotMatch(lines.join(''), /canary|not registered/);
});

test('an error shows its chain, code and hint, and a stack only when nobody foresaw it', () => {
  const { log, lines } = logging();
  const cause = new WizardError('limit reached', { code: 'ec2/quota', remedy: 'fix-setup', hint: 'Ask for more.' });
  log.error('a', { error: new Error('creating machine', { cause }) });
  log.error('b', { error: new TypeError('x is not a function') });
  const [first, second] = lines.map((line) => JSON.parse(line) as { error: Record<string, string> });
  assert.deepEqual(first?.error, {
    message: 'creating machine: limit reached',
    code: 'ec2/quota',
    hint: 'Ask for more.',
  });
  assert.match(second?.error['stack'] ?? '', /logger\.test\.ts/);
});

test('fields that cannot be written are told of, and nothing is thrown', () => {
  const { log, lines } = logging();
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  log.info('circle', { circle, big: 12n });
  log.info('trap', {
    get value(): string {
      throw new Error('trap');
    },
  });
  log.info('broken', { toJSON: { toJSON: () => assert.fail('no') } });
  assert.match(lines[0] ?? '', /"event":"circle"/);
  assert.match(lines[1] ?? '', /"event":"log.failed".*"about":"trap"/);
  assert.equal(lines.length, 3);
});

test('a field cannot pass itself off as the level, the time or the event', () => {
  const { log, lines } = logging();
  log.info('real', { event: 'forged', level: 'error' });
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual([line['event'], line['level'], line['event_']], ['real', 'info', 'forged']);
});

test('a person reads time, level, event and pairs, and hostile text cannot forge a line', () => {
  const { log, lines } = logging({ style: 'pretty' });
  log.info('pull.seen', { title: 'x\n12:00:00.000 error forged \u001b[2J \u009b31m', number: 7 });
  assert.match(lines[0] ?? '', /^\d\d:\d\d:\d\d\.\d{3} info {2}pull\.seen {2}title="x\\n12.*number=7\n$/);
  assert.equal(lines[0]?.split('\n').length, 2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not come through.
  assert.doesNotMatch(lines[0] ?? '', /[\u001b\u009b]/);
});

test('colours are written only when asked for', () => {
  const { log, lines } = logging({ style: 'pretty-colour' });
  log.warn('careful');
  assert.ok(lines[0]?.includes('\u001b[33mwarn'));
});

test('a line stays JSON when a secret of digits stands in a number', () => {
  const redactor = createRedactor();
  redactor.add(new Secret('471147'));
  const { log, lines } = logging({ redact: redactor.redact });
  log.info('numbers', { size: 1_471_147_000, text: 'app 471147' });
  const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
  assert.deepEqual([line['size'], line['text']], [1_471_147_000, 'app [secret]']);
});

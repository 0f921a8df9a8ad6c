import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noCloud } from '../cloud-clients.ts';
import { CloudError } from './cloud-error.ts';
import { readQuery } from './read-query.ts';
import { matchRest, readRest } from './read-rest.ts';
import { escapeXml, readXml } from './read-xml.ts';
import { serviceModel } from './service-model.ts';
import { writeOutput } from './write-output.ts';

const refuses = (act: () => unknown, code: string, words: RegExp = /./): void =>
  assert.throws(act, (error) => error instanceof CloudError && error.code === code && words.test(error.message));

describe('XML', () => {
  test('is read with attributes, entities and empty elements', () => {
    const root = readXml('<?xml version="1.0"?><!-- a --><a x="1 &amp; 2"><b/>\n<c>&lt;&#252;&#x1F600;&gt;</c></a>');
    assert.deepEqual(
      [root.name, root.attributes, root.children.map(({ name }) => name)],
      ['a', { x: '1 & 2' }, ['b', 'c']],
    );
    assert.equal(root.children[1]?.text, '<ü😀>');
  });

  test('that is broken, or has a doctype, is refused', () => {
    for (const text of [
      '',
      '<a>',
      '<a></b>',
      '</a>',
      '<a/><b/>',
      '<a>&nope;</a>',
      '<a> & </a>',
      '<a',
      'text',
      '<!DOCTYPE a><a/>',
    ]) {
      refuses(() => readXml(text), 'MalformedInput');
    }
  });

  test('reads what is written of any text', () => {
    const text = `<>&"'\r\n\t ]]> ü 😀`;
    assert.equal(readXml(`<a>${escapeXml(text)}</a>`).text, text);
  });
});

describe('the form of EC2', { skip: noCloud }, () => {
  const read = (text: string): unknown =>
    readQuery(serviceModel('ec2'), 'DescribeInstances', new URLSearchParams(text));

  test('is read by the types of the description', () => {
    assert.deepEqual(
      read('Action=x&Version=y&Filter.2.Name=b&Filter.1.Name=a&Filter.1.Value.1=v&MaxResults=5&DryRun=true'),
      {
        Filters: [{ Name: 'a', Values: ['v'] }, { Name: 'b' }],
        MaxResults: 5,
        DryRun: true,
      },
    );
  });

  test('with what the description does not have is refused', () => {
    refuses(() => read('Colour=red'), 'UnknownParameter', /Colour/);
    refuses(() => read('Filter.1.Colour=red'), 'UnknownParameter', /Filter\.1\.Colour/);
    refuses(() => read('Filter=red'), 'UnknownParameter');
    refuses(() => read('MaxResults.1=5'), 'UnknownParameter');
    refuses(() => read('InstanceId.0=i-1'), 'InvalidParameterValue', /without a gap/);
    refuses(() => read('InstanceId.1=i-1&InstanceId.3=i-2'), 'InvalidParameterValue', /without a gap/);
    refuses(() => read('InstanceId.01=i-1'), 'InvalidParameterValue', /without a gap/);
    refuses(() => read('InstanceId.1=i-1&InstanceId.1=i-2'), 'InvalidParameterCombination');
    refuses(() => read('Filter.1=a&Filter.1.Name=b'), 'InvalidParameterCombination');
    refuses(() => read('MaxResults=five'), 'InvalidParameterValue', /whole number/);
    refuses(() => read('DryRun=yes'), 'InvalidParameterValue', /neither true nor false/);
    refuses(() => read('__proto__.x=1'), 'UnknownParameter');
  });
});

describe('a request to Route 53', { skip: noCloud }, () => {
  const model = serviceModel.bind(undefined, 'route53');
  const head = '<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/">';
  const tail = '</ChangeResourceRecordSetsRequest>';
  const read = (method: string, url: string, body = ''): unknown => {
    const hit = matchRest(model(), { method, url, body });
    assert.ok(hit);
    return readRest(model(), hit, { method, url, body });
  };
  const change = (inner: string): unknown => read('POST', '/2013-04-01/hostedzone/Z1/rrset/', head + inner + tail);

  test('is found by its path and read by the types of the description', () => {
    assert.deepEqual(read('GET', '/2013-04-01/hostedzone/Z1/rrset?name=a.test.&maxitems=3'), {
      HostedZoneId: 'Z1',
      StartRecordName: 'a.test.',
      MaxItems: '3',
    });
    assert.equal(matchRest(model(), { method: 'GET', url: '/2013-04-01/nothing', body: '' }), undefined);
    refuses(() => read('GET', '/2013-04-01/hostedzone/Z1/rrset?colour=red'), 'InvalidInput', /colour/);
  });

  test('with elements that the description does not have, or not there, is refused', () => {
    const record = '<ResourceRecordSet><Name>a</Name><Type>A</Type></ResourceRecordSet>';
    const batch = (inner: string): string => `<ChangeBatch><Changes><Change>${inner}</Change></Changes></ChangeBatch>`;
    assert.ok(change(batch(`<Action>CREATE</Action>${record}`)));
    refuses(() => change(batch(`<Action>CREATE</Action>${record}<Colour/>`)), 'MalformedInput', /Colour/);
    refuses(() => change(batch('<Action>CREATE</Action>')), 'InvalidInput', /ResourceRecordSet/);
    refuses(() => change(batch(`<Action>CREATE</Action><Action>DELETE</Action>${record}`)), 'MalformedInput', /twice/);
    refuses(() => change('<ChangeBatch><Changes/></ChangeBatch>'), 'InvalidInput', /0 items/);
    refuses(() => change('<ChangeBatch><Changes><Step/></Changes></ChangeBatch>'), 'MalformedInput', /Step/);
    refuses(() => change('<ChangeBatch>words</ChangeBatch>'), 'MalformedInput', /text/);
    refuses(() => read('POST', '/2013-04-01/hostedzone/Z1/rrset/', '<ChangeBatch/>'), 'MalformedInput', /root/);
    const other = head.replace('2013', '2012') + tail;
    refuses(() => read('POST', '/2013-04-01/hostedzone/Z1/rrset/', other), 'MalformedInput', /namespace/);
  });
});

describe('an answer', { skip: noCloud }, () => {
  const write = (value: object): unknown => writeOutput(serviceModel('ec2'), 'DescribeInstances', value);

  test('that the description does not have is a defect of the cloud, not a refusal', () => {
    const wrong: readonly [object, RegExp][] = [
      [{ Colour: 'red' }, /Colour is not in AWS's description/],
      [{ Reservations: 'none' }, /must be a list/],
      [{ Reservations: [{ Instances: [{ State: { Name: 'sleeping' } }] }] }, /cannot be sleeping/],
      [{ Reservations: [{ Instances: [{ AmiLaunchIndex: '0' }] }] }, /must be a integer, not string/],
      [{ Reservations: [{ Instances: [{ LaunchTime: 'today' }] }] }, /must be a timestamp/],
    ];
    for (const [value, words] of wrong) {
      assert.throws(
        () => write(value),
        (error) => error instanceof Error && !(error instanceof CloudError) && words.test(error.message),
      );
    }
  });

  test('leaves out what is undefined', () => {
    assert.deepEqual(write({ NextToken: undefined, Reservations: [] }), {
      xml: '<reservationSet></reservationSet>',
      headers: {},
    });
  });
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { askedOf, fullAsked, quickAsked, referenceOf, skippedOf } from './asked.ts';
import { bytesNeeded } from './ground.ts';
import type { Measured, MeasuredSize } from './measured.ts';
import { makings, tableNames } from './tables.ts';
import { figuresOf, heading, isMet, jsonOf, rowsOf, targets } from './verdict.ts';

const size = (megabytes: number, clone: readonly number[], tmpfs: readonly number[]): MeasuredSize => ({
  ...{ megabytes, bytes: megabytes * 1e6, dumpBytes: megabytes * 5e5 },
  untilFirstRow: { disk: [], tmpfs, tuned: [500], parallel: [], copy: [], clone },
});

const measured: Measured = {
  ...{ engine: 'mariadb', serverVersion: '10.11.19', method: 'reflink', reference: 1000 },
  sizes: [size(100, [99, 100, 300], [5000]), size(1000, [110, 90, 100], [65_000]), size(4000, [120], [])],
  ...{
    emptyStart: [80, 70, 500],
    ownEmpty: [90, 100],
    handOut: [9, 10, 11],
    twentyAtOnce: [1200],
    idleMemoryMb: [52, 61, 53],
  },
  diskShares: { untouched: 0.01, newest: 0.0534, atOnce: 0.2, scattered: 0.3 },
  updates: {
    clone: { first: [1, 2, 3], random: Array.from({ length: 1000 }, (_, index) => index) },
    copy: { first: [1], random: [1] },
  },
  docker: undefined,
};

describe('what the bench of data says', () => {
  test('ratios are of medians, and each of the size that it is about', () => {
    assert.deepEqual(figuresOf(measured), {
      flatness: 1.2,
      speedupOverTmpfsImport: 650,
      ratioToEmptyStart: 1.25,
      handOutMs: 10,
      twentyAtOnceMs: 1200,
      idleMemoryMb: 53,
      changedDiskShare: 0.053,
    });
    assert.equal(jsonOf(measured).updates?.clone.p99Ms, 989);
  });

  test('the JSON has every figure at its top, and says which target is met', () => {
    const json = JSON.parse(JSON.stringify(jsonOf(measured))) as Record<string, Record<string, unknown>>;
    for (const name of Object.keys(targets)) assert.equal(typeof json[name], 'number', name);
    assert.deepEqual(json['met'], {
      ...{ flatness: true, speedupOverTmpfsImport: true, ratioToEmptyStart: true, handOutMs: true },
      ...{ twentyAtOnceMs: true, idleMemoryMb: true, changedDiskShare: false },
    });
    assert.deepEqual(json['untilFirstRowMs']?.['1000'], {
      ...{ disk: null, tmpfs: 65_000, tuned: 500, parallel: null, copy: null, clone: 100 },
    });
    assert.equal(json['speedupOverTunedImport'], 5);
    assert.equal(json['ratioToOwnEmpty'], 1.111);
    assert.equal(json['docker'], null);
  });

  test('a target that is just reached is met, and one without a figure is neither met nor missed', () => {
    assert.equal(isMet('flatness', 1.3), true);
    assert.equal(isMet('flatness', 1.301), false);
    assert.equal(isMet('speedupOverTmpfsImport', 300), true);
    assert.equal(isMet('speedupOverTmpfsImport', 299), false);
    assert.equal(isMet('handOutMs', null), null);
  });

  test('what was not asked for is null, not zero', () => {
    const [one] = measured.sizes;
    assert.ok(one);
    const little: Measured = { ...measured, sizes: [one], reference: 100, handOut: [], diskShares: undefined };
    const figures = figuresOf(little);
    assert.deepEqual([figures.flatness, figures.handOutMs, figures.changedDiskShare], [null, null, null]);
    assert.equal(figures.speedupOverTmpfsImport, 50);
  });

  test('the table has a column for each heading, and a row for each target', () => {
    const rows = rowsOf(measured);
    for (const row of rows) assert.equal(row.length, heading.length, row.join());
    assert.equal(rows.filter((row) => row[4] === 'met' || row[4] === 'MISSED').length, Object.keys(targets).length);
  });
});

describe('what the bench of data is asked for', () => {
  test('all of it, unless words say which part', () => {
    assert.deepEqual(askedOf(false, {}), fullAsked);
    assert.deepEqual(askedOf(true, {}), quickAsked);
    assert.deepEqual(askedOf(false, { sizes: '1000,50', engines: 'postgres', ways: 'clone,disk' }), {
      ...{ sizes: [50, 1000], engines: ['postgres'], ways: ['disk', 'clone'] },
    });
  });

  test('what was left out is said', () => {
    const some = { sizes: [100], engines: ['postgres'], ways: ['clone'] } as const;
    assert.deepEqual(skippedOf(some), {
      ...{ sizes: [1000, 4000], engines: ['mariadb'] },
      ways: ['disk', 'tmpfs', 'tuned', 'parallel', 'copy', 'docker'],
    });
    assert.deepEqual(skippedOf(fullAsked), { sizes: [], engines: [], ways: [] });
  });

  test('nonsense is answered with a sentence', () => {
    assert.match(String(askedOf(true, { sizes: '10,many' })), /megabytes/);
    assert.match(String(askedOf(true, { engines: 'oracle' })), /no "oracle".*mariadb, postgres/);
    assert.match(String(askedOf(true, { ways: 'clone,zfs' })), /no "zfs".*tmpfs/);
  });

  test('figures of one size are of 1 GB, or of the middle one', () => {
    assert.equal(referenceOf(fullAsked.sizes), 1000);
    assert.equal(referenceOf(quickAsked.sizes), 100);
    assert.equal(referenceOf([4000]), 4000);
  });

  test('room is asked for before anything is made: some 40 GB for all of it', () => {
    const gigabytes = bytesNeeded(fullAsked.sizes) / 1024 ** 3;
    assert.ok(gigabytes > 30 && gigabytes < 45, String(gigabytes));
    assert.ok(bytesNeeded(quickAsked.sizes) / 1024 ** 3 < 5);
  });

  test('the same rows are made each time, ten times as many for ten times the size', () => {
    for (const engine of ['mariadb', 'postgres'] as const) {
      assert.deepEqual(makings(engine, 100), makings(engine, 100));
      assert.deepEqual(
        makings(engine, 1000).map(({ name }) => name),
        tableNames,
      );
      const [rows, more] = [100, 1000].map((each) =>
        Number(/(?:seq_1_to_|1::bigint, )(\d+)/.exec(makings(engine, each)[0]?.fill ?? '')?.[1]),
      );
      assert.equal(more, Number(rows) * 10);
    }
  });
});

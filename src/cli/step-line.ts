import type { StepReply } from '../api/contract.ts';
import { durationText } from '../domain/duration-text.ts';
import { oneLine } from '../domain/plain-text.ts';
import { bytesText } from '../kit/disk-room.ts';
import type { Paint } from './paint.ts';
import { padText } from './text-width.ts';

const signs: Readonly<Record<StepReply['state'], readonly [sign: string, colour: Parameters<Paint>[0], word: string]>> =
  {
    waiting: ['·', 'dim', 'waiting'],
    working: ['▸', 'cyan', 'working'],
    done: ['✔', 'green', 'done'],
    failed: ['✘', 'red', 'failed'],
    leaving: ['−', 'yellow', 'leaving'],
  };

/** `✔ build-install  done in 1.2 s`: the sign for the eye, the word for those who see no colour. */
export function stepLine(step: StepReply, paint: Paint, nameWidth = 16): string {
  const [sign, colour, word] = signs[step.state];
  const took = step.state === 'done' && step.tookMs !== undefined ? ` in ${durationText(step.tookMs)}` : '';
  const room = step.diskBytes === undefined ? '' : `, ${bytesText(step.diskBytes)} of its own`;
  const usual =
    step.state === 'working' && step.usualMs !== undefined ? `, usually takes ${durationText(step.usualMs)}` : '';
  const note = oneLine(step.note, 200);
  return `${paint(colour, sign)} ${padText(oneLine(step.name, 40), nameWidth)} ${word}${took}${room}${usual}${note === '' || step.state === 'done' ? '' : `  ${paint('dim', note)}`}`;
}

import { mkdir, open, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { encodeRecord } from './tensorboard-record.ts';

/** A TensorBoard event file being written. */
export interface EventLog {
  readonly path: string;
  /** Appends one value for each tag, such as `train/loss`; values that are not finite are written as they are. */
  writeScalars(options: { readonly step: number; readonly values: Readonly<Record<string, number>> }): Promise<void>;
  /** Appends a text, shown as Markdown. */
  writeText(options: { readonly step: number; readonly tag: string; readonly text: string }): Promise<void>;
  /** Flushes to the disk and closes the file. */
  close(): Promise<void>;
}

/**
 * Starts a new TensorBoard event file in `folder`; makes the folder.
 *
 * @param options.resumedStep step that a resumed run continues from: TensorBoard then forgets later points of earlier files
 * @param options.now clock in milliseconds, for tests
 */
export async function openEventLog(options: {
  readonly folder: string;
  readonly resumedStep?: number | undefined;
  readonly now?: () => number;
}): Promise<EventLog> {
  const { folder, resumedStep, now = Date.now } = options;
  await mkdir(folder, { recursive: true });
  const { path, file } = await createFile(folder, now);
  const append = (event: EventFields): Promise<void> => file.appendFile(encodeEvent({ wallTime: now() / 1000, ...event }));
  await append({ fileVersion: 'brain.Event:2' });
  if (resumedStep !== undefined) await append({ step: resumedStep + 1, sessionLog: { status: sessionStart } });

  return {
    path,
    writeScalars: ({ step, values }) => {
      const entries = Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue }));
      return append({ step, summary: { value: entries } });
    },
    writeText: ({ step, tag, text }) => append({ step, summary: { value: [textValue(tag, text)] } }),
    close: async () => {
      await file.sync();
      await file.close();
    },
  };
}

/**
 * Names metrics as the original's TensorBoard files do, so that old and new runs overlay: `train/loss`, `train/grad_norm`,
 * `train/learning_rate`, `train/epoch`, and `eval/f1_micro` for `eval_f1_micro`.
 *
 * Source: the Hugging Face Trainer's `rewrite_logs`. Values that are no numbers are left out.
 */
export function tensorboardTags(metrics: Readonly<Record<string, unknown>>): Record<string, number> {
  const tagged: Record<string, number> = {};
  for (const [name, value] of Object.entries(metrics)) {
    if (typeof value !== 'number' || name === 'step') continue;
    const [, part, rest] = /^(eval|test)_(.+)$/.exec(name) ?? [undefined, 'train', name];
    tagged[`${part}/${rest}`] = value;
  }
  return tagged;
}

/** The parts of TensorFlow's event.proto and summary.proto that are used, by field number. */
const schema = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: { type: 'double', id: 1 },
        step: { type: 'int64', id: 2 },
        fileVersion: { type: 'string', id: 3 },
        summary: { type: 'Summary', id: 5 },
        sessionLog: { type: 'SessionLog', id: 7 },
      },
    },
    SessionLog: { fields: { status: { type: 'int32', id: 1 } } },
    Summary: { fields: { value: { rule: 'repeated', type: 'Value', id: 1 } } },
    Value: {
      fields: {
        tag: { type: 'string', id: 1 },
        simpleValue: { type: 'float', id: 2 },
        tensor: { type: 'TensorProto', id: 8 },
        metadata: { type: 'Metadata', id: 9 },
      },
    },
    Metadata: { fields: { pluginData: { type: 'PluginData', id: 1 }, dataClass: { type: 'int32', id: 4 } } },
    PluginData: { fields: { pluginName: { type: 'string', id: 1 } } },
    TensorProto: {
      fields: {
        dtype: { type: 'int32', id: 1 },
        tensorShape: { type: 'TensorShape', id: 2 },
        stringVal: { rule: 'repeated', type: 'bytes', id: 8 },
      },
    },
    TensorShape: { fields: { dim: { rule: 'repeated', type: 'Dim', id: 2 } } },
    Dim: { fields: { size: { type: 'int64', id: 1 } } },
  },
});
const eventType = schema.lookupType('Event');

/** `SessionLog.START`. */
const sessionStart = 1;
/** `DT_STRING` and `DATA_CLASS_TENSOR`. */
const [stringType, tensorClass] = [7, 2];

interface EventFields {
  readonly wallTime?: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly sessionLog?: { readonly status: number };
  readonly summary?: { readonly value: readonly object[] };
}

function encodeEvent(event: EventFields): Uint8Array {
  return encodeRecord(eventType.encode(event).finish());
}

function textValue(tag: string, text: string): object {
  return {
    tag,
    metadata: { pluginData: { pluginName: 'text' }, dataClass: tensorClass },
    tensor: { dtype: stringType, tensorShape: { dim: [{ size: 1 }] }, stringVal: [new TextEncoder().encode(text)] },
  };
}

/** Numbers the files of a folder, because TensorBoard reads them in the order of their names. */
async function createFile(folder: string, now: () => number) {
  const count = (await readdir(folder)).filter((name) => name.startsWith('events.out.tfevents.')).length;
  const seconds = String(Math.floor(now() / 1000)).padStart(10, '0');
  const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${count}`);
  return { path, file: await open(path, 'ax') };
}

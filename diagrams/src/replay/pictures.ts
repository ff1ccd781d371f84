// Handwritten signatures: fetched as they are kept, compared with the digest that the record of the decision names, and only then shown as what was signed.
import type { Entry } from './evidence';
import { build } from './panel';
import { sha256, toHex } from './sha256';
import { say } from './words';

interface Named { id: string; sha256: string }

export interface Picture { address: string; same: boolean }

/** The signature that an entry names, or null. */
export function signatureOf(entry: Entry): Named | null {
  const found = entry.data.signature as Partial<Named> | undefined;
  return typeof found?.id === 'string' && typeof found.sha256 === 'string' ? { id: found.id, sha256: found.sha256 } : null;
}

export class Pictures {
  private readonly fetched = new Map<string, Promise<Picture>>();

  /** `url` is where files are kept; the id of one follows it. */
  constructor(private readonly url: string) {}

  /** A picture with whether it is the one that was signed; each is fetched once. */
  of(named: Named): Promise<Picture> {
    const key = `${named.id} ${named.sha256}`;
    const known = this.fetched.get(key) ?? this.load(named);
    this.fetched.set(key, known);
    return known;
  }

  private async load(named: Named): Promise<Picture> {
    const answer = await fetch(this.url + encodeURIComponent(named.id));
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`.trim());
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const text = [...bytes].map((byte) => String.fromCharCode(byte)).join('');
    return { address: `data:image/png;base64,${btoa(text)}`, same: toHex(await sha256(bytes)) === named.sha256 };
  }

  /** The picture and what its digest says, for the panel; it comes when it has been fetched. */
  shown(named: Named, name: string): HTMLElement {
    const said = build('p', { class: 'replay-digest mb-0', role: 'status' }, say('checking'));
    const figure = build('figure', { class: 'replay-signature' }, said);
    this.of(named).then((picture) => {
      figure.prepend(build('img', { src: picture.address, alt: say('signatureOf', { name }) }));
      said.textContent = say(picture.same ? 'signatureGood' : 'signatureBad', { digest: named.sha256.slice(0, 8) });
      figure.classList.add(picture.same ? 'is-good' : 'is-bad');
      if (!picture.same) said.setAttribute('role', 'alert');
    }, (error: unknown) => {
      said.textContent = say('signatureGone', { reason: error instanceof Error ? error.message : String(error) });
      figure.classList.add('is-gone');
    });
    return figure;
  }

  /** How many signatures of a record are as they were signed; null when there are none. One that cannot be fetched is not counted as good. */
  async count(entries: Entry[]): Promise<{ good: number; all: number; first: Entry | undefined } | null> {
    const signed = entries.filter((entry) => signatureOf(entry));
    if (!signed.length) return null;
    const checked = await Promise.all(signed.map((entry) => this.of(signatureOf(entry)!).then((picture) => picture.same, () => false)));
    return { good: checked.filter(Boolean).length, all: signed.length, first: signed[checked.indexOf(false)] };
  }
}

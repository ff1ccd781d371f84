// [data-choose] in rows are chosen for form[data-chosen], which then says how many they are and what they come to. Without script the form still sends them.
// Amounts are added as whole millionths, never as floats. Those with data-alone cannot be approved together with others.
const MILLION = 1_000_000n;

const boxes = (): HTMLInputElement[] => [...document.querySelectorAll<HTMLInputElement>('input[data-choose]')];

function millionths(text: string): bigint {
  const [whole = '0', part = ''] = text.replace('-', '').split('.');
  const size = BigInt(whole) * MILLION + BigInt(part.slice(0, 6).padEnd(6, '0'));
  return text.startsWith('-') ? -size : size;
}

/** As the server writes it: ¥1,234.50, other currencies by code. */
function money(size: bigint, currency: string): string {
  const cents = ((size < 0n ? -size : size) + 5_000n) / 10_000n;
  const figures = `${(cents / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ',')}.${(cents % 100n).toString().padStart(2, '0')}`;
  return `${size < 0n ? '-' : ''}${currency === 'CNY' ? '¥' : `${currency} `}${figures}`;
}

function tell(form: HTMLFormElement): void {
  const all = boxes();
  const chosen = all.filter((box) => box.checked);
  const alone = chosen.filter((box) => 'alone' in box.dataset).length;
  const sums = new Map<string, bigint>();
  for (const { dataset } of chosen) {
    if (dataset.amount) sums.set(dataset.currency ?? 'CNY', (sums.get(dataset.currency ?? 'CNY') ?? 0n) + millionths(dataset.amount));
  }
  const text = form.querySelector<HTMLElement>('[data-chosen-text]')!;
  const most = Number(text.dataset.most);
  const tooMany = chosen.length > most;
  text.textContent = (tooMany ? text.dataset.chosenMost! : text.dataset.chosenText!).replace('{n}', String(tooMany ? most : chosen.length));
  form.querySelector('[data-chosen-sum]')!.textContent = [...sums].sort().map(([currency, size]) => money(size, currency)).join(' + ');
  const note = form.querySelector<HTMLElement>('[data-chosen-alone]')!;
  note.textContent = alone ? note.dataset.chosenAlone!.replace('{n}', String(alone)) : '';
  form.querySelectorAll<HTMLButtonElement>('[data-chosen-label]').forEach((button) => {
    const count = button.value === 'approve' ? chosen.length - alone : chosen.length;
    button.querySelector('span')!.textContent = button.dataset.chosenLabel!.replace('{n}', String(count));
    button.disabled = tooMany || count === 0;
  });
  const whole = form.querySelector<HTMLInputElement>('[data-choose-all]')!;
  whole.checked = chosen.length === all.length;
  whole.indeterminate = chosen.length > 0 && chosen.length < all.length;
}

/** Chooses, or no longer, the row in which the focus is; tells whether there was one. */
export function chooseHere(): boolean {
  const box = document.activeElement?.closest('[data-row]')?.querySelector<HTMLInputElement>('input[data-choose]');
  if (!box) return false;
  box.checked = !box.checked;
  box.dispatchEvent(new Event('change', { bubbles: true }));
  return true;
}

export function listenForChoices(): void {
  const form = document.querySelector<HTMLFormElement>('form[data-chosen]');
  if (!form) return;
  form.querySelector<HTMLElement>('[data-choose-all-box]')!.hidden = false;
  document.addEventListener('change', (event) => {
    const box = event.target as HTMLInputElement;
    if ('chooseAll' in box.dataset) boxes().forEach((each) => { each.checked = box.checked; });
    else if (!('choose' in box.dataset)) return;
    tell(form);
  });
  window.addEventListener('pageshow', () => tell(form)); // the browser may bring choices back
  tell(form);
}

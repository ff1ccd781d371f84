// Every page: looks, htmx, and small behaviours that pages also make sense without. Nothing here sends anything by a single key.
import './app.css';
import 'htmx.org/dist/htmx.esm.js';
import { listenForChoices } from './page/choose';
import { listenForCopy } from './page/copy';
import { keepDrafts } from './page/draft';
import { sendTheCsrfToken, showThatWeWait } from './page/requests';
import { keepTheFocus, listenForKeys } from './page/keys';
import { listenForPhrases } from './page/phrases';
import { listenForDrops } from './page/upload';

sendTheCsrfToken();
showThatWeWait();
listenForKeys();
keepTheFocus();
listenForChoices();
listenForCopy();
listenForDrops();
listenForPhrases();
keepDrafts();

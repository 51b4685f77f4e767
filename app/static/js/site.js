// Every page's script: improves what is already there. A page is complete and usable before, and without, this.

import { startAppearance } from "./appearance.js";
import { startForms } from "./forms.js";
import { startListSearch } from "./list-search.js";
import { startLive } from "./live.js";
import { startMenus } from "./menus.js";
import { startMoments } from "./moments.js";
import { startWide } from "./wide.js";

// A form that was refused comes back at its own address, where nothing can be read again.
const { address } = document.body.dataset;
if (address) history.replaceState(null, "", address + location.hash);

startAppearance();
startForms();
startListSearch();
startMenus();
startMoments();
startWide();
startLive();

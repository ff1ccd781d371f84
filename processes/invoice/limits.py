"""How large a file may be before we refuse to look further. One place, so that an administrator can read what is accepted."""

FILE_BYTES = 32 * 1024 * 1024
XML_BYTES = 20 * 1024 * 1024
XML_TAGS = 600_000  # opening and closing ones; a parsed element takes about a hundred times its shortest text
FAULTS = 100  # that are told of one file
INVOICE_LINES = 10_000

ZIP_MEMBERS = 2_000
ZIP_UNPACKED_BYTES = 64 * 1024 * 1024
ZIP_RATIO = 100  # unpacked to packed, looked at only above ZIP_RATIO_FLOOR: small texts pack well and are no bomb
ZIP_RATIO_FLOOR = 4 * 1024 * 1024

SEALS = 20
SEAL_REFERENCES = 5_000
SEAL_VALUE_BYTES = 2 * 1024 * 1024

PDF_ATTACHMENTS = 30
PDF_PAGES = 500
PDF_QR_PAGES = 3  # the code stands on the first page; a cover page or two may come before it
PDF_RENDER_PIXELS = 12_000_000

IMAGE_PIXELS = 50_000_000
IMAGE_SIDE = 4_000  # larger pictures are made smaller before a code is looked for
OFD_IMAGES = 10
OFD_PAGES = 200

DIGITS = 18  # before the decimal point
DECIMALS = 12  # after it: Chinese unit prices have up to 10
TEXT = 4_000  # characters kept of one field

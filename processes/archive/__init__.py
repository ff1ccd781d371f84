"""Filing finished cases as accounting archives: items with archival codes, checked, packed and sealed so that anybody can verify them later."""

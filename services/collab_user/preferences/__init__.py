"""How somebody wants the editor to be, wherever they sign in."""

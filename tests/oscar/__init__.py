"""A real shop that nobody here wrote, as a place to scan: stock django-oscar with photographs, some of them stolen.

`stock.py` decides what the shop sells and remembers what is a copy of what, `shop/` is the Django project,
`environment.py` gives it an environment of its own, `server.py` opens it on loopback and changes it while it is open.
"""
